import { once } from 'node:events';
import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  type Environment,
  type Ready,
  type RunningProgram,
  type RunningStack,
  ROOT,
  endProgram,
  isRunning,
  makeDataDir,
  pidsOf,
  readReady,
  runProgram,
  startStack,
  tracesIn,
  untilReady,
} from './stack-process';
import { waitUntil } from './wait-until';

jest.setTimeout(180_000);

const START = join(ROOT, 'scripts/dist/start.js');

let dataDir: string;
let programs: RunningProgram[] = [];

beforeEach(() => {
  dataDir = makeDataDir();
  programs = [];
});

afterEach(async () => {
  await Promise.all(programs.map(endProgram));
  rmSync(dataDir, { recursive: true });
});

async function start(environment: Environment = {}): Promise<RunningStack> {
  const stack = await startStack({ DATA_DIR: dataDir, ...environment });
  programs.push(stack);
  return stack;
}

/** One that is not expected to come up. */
function run(command: string, args: string[], environment: Environment = {}, detached = false): RunningProgram {
  const program = runProgram(command, args, { PORT: '0', DATA_DIR: dataDir, ...environment }, detached);
  programs.push(program);
  return program;
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}

const untilGone = (pids: number[]) => waitUntil('its processes are gone', () => !pids.some(isRunning));


describe('a stack', () => {
  it('says where it is, in one line and in ready.json, for its owner only', async () => {
    const stack = await start({ WORKERS: '2' });
    expect(stack.ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      api_key: expect.stringMatching(/^cq_[\w-]{43}$/),
      pids: { stack: stack.process.pid, api: expect.any(Number), workers: [expect.any(Number), expect.any(Number)], redis: expect.any(Number) },
      redis_url: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(statSync(join(dataDir, 'ready.json')).mode & 0o777).toBe(0o600);
    await waitUntil('its line is out', () => stack.stdout().endsWith('\n'));
    expect(stack.stdout()).toBe(`Cytoqueue is ready at ${stack.url}\n`);
    expect(pidsOf(stack.ready).filter(isRunning)).toHaveLength(5);
    const answer = await fetch(`${stack.url}/v1/predictions`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    expect(answer.status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('stops in order on %s and leaves nothing running', async (signal) => {
    const stack = await start();
    stack.process.kill(signal);
    expect(await stack.exited).toBe(0);
    expect(pidsOf(stack.ready).filter(isRunning)).toEqual([]);
    expect(tracesIn(dataDir)).toEqual([]);
    expect(stack.stderr()).toBe('');
  });

  it('stops in order when a terminal sends Ctrl-C to its whole process group, twice as npm does', async () => {
    const stack = run(process.execPath, [START], {}, true);
    const ready = await untilReady(stack, dataDir);
    process.kill(-(stack.process.pid as number), 'SIGINT');
    stack.process.kill('SIGINT');
    expect(await stack.exited).toBe(0);
    expect(pidsOf(ready).filter(isRunning)).toEqual([]);
  });

  it('goes on where it was, with the same key, when started again', async () => {
    const first = await start();
    await setInRedis(first.ready, 'kept', 'yes');
    expect(await first.stop()).toBe(0);
    const second = await start();
    expect(second.apiKey).toBe(first.apiKey);
    expect(await getFromRedis(second.ready, 'kept')).toBe('yes');
  });

  it('ends at once on a second signal, however stuck a child is', async () => {
    const stack = await start();
    process.kill(stack.ready.pids.workers[0] as number, 'SIGSTOP');
    stack.process.kill('SIGTERM');
    await waitUntil('the API has stopped', () => !isRunning(stack.ready.pids.api));
    await waitUntil('the signal counts as another one', () => {
      stack.process.kill('SIGTERM');
      return stack.process.exitCode ?? undefined;
    });
    expect(await stack.exited).toBe(1);
    await untilGone(pidsOf(stack.ready));
  });

  it('can be stopped while it starts', async () => {
    const stack = run(process.execPath, [START]);
    await waitUntil('it has started something', () => tracesIn(dataDir).includes('processes.json'));
    stack.process.kill('SIGTERM');
    expect(await stack.exited).toBe(0);
    expect(tracesIn(dataDir)).toEqual([]);
    expect(stack.stdout()).toBe('');
  });

  it('stops when the parent that holds its IPC channel has gone', async () => {
    const stack = await start();
    stack.process.disconnect();
    expect(await stack.exited).toBe(0);
    expect(pidsOf(stack.ready).filter(isRunning)).toEqual([]);
  });

  it('passes through npm: the signal reaches it', async () => {
    const npm = run('npm', ['start']);
    const ready = await untilReady(npm, dataDir);
    npm.process.kill('SIGTERM');
    await npm.exited;
    await untilGone(pidsOf(ready));
    expect(tracesIn(dataDir)).toEqual([]);
  });

  it('leaves a redis-server that is not its own alone', async () => {
    const host = await start();
    const other = makeDataDir();
    const guest = await startStack({ DATA_DIR: other, REDIS_URL: host.ready.redis_url });
    programs.push(guest);
    expect(guest.ready.pids).not.toHaveProperty('redis');
    expect(guest.ready.redis_url).toBe(host.ready.redis_url);
    expect(await guest.stop()).toBe(0);
    expect(isRunning(host.ready.pids.redis as number)).toBe(true);
    rmSync(other, { recursive: true });
  });
});

describe('a killed stack', () => {
  it('takes its children with it', async () => {
    const stack = await start({ WORKERS: '2' });
    stack.process.kill('SIGKILL');
    expect(await stack.exited).toBe('SIGKILL');
    await untilGone(pidsOf(stack.ready));
  });

  it('starts again at once on the same directory and port, whatever of it still runs', async () => {
    const first = await start();
    await setInRedis(first.ready, 'kept', 'yes');
    process.kill(first.ready.pids.api, 'SIGSTOP');
    first.process.kill('SIGKILL');
    await first.exited;
    const second = await start({ PORT: new URL(first.url).port });
    expect(second.url).toBe(first.url);
    expect(await getFromRedis(second.ready, 'kept')).toBe('yes');
    expect(pidsOf(first.ready).filter(isRunning)).toEqual([]);
  });
});

describe('a process of the stack that is killed', () => {
  const replaced = (before: Ready, pidIn: (ready: Ready) => number | undefined) =>
    waitUntil('ready.json names another process', () => {
      const now = readReady(dataDir);
      return now !== undefined && pidIn(now) !== pidIn(before) && now;
    });

  it('is replaced: a worker', async () => {
    const stack = await start({ WORKERS: '2' });
    process.kill(stack.ready.pids.workers[0] as number, 'SIGKILL');
    const now = await replaced(stack.ready, ({ pids }) => pids.workers[0]);
    expect(isRunning(now.pids.workers[0] as number)).toBe(true);
    expect(now).toEqual({ ...stack.ready, pids: { ...stack.ready.pids, workers: [now.pids.workers[0], stack.ready.pids.workers[1]] } });
    expect(stack.stderr()).toMatch(/^worker-1 has ended \(SIGKILL\); starting it again in 0\.1 s$/m);
  });

  it('is replaced at the same address: the API', async () => {
    const stack = await start();
    process.kill(stack.ready.pids.api, 'SIGKILL');
    const now = await replaced(stack.ready, ({ pids }) => pids.api);
    expect(now.url).toBe(stack.url);
    expect(await isHealthy(stack.url)).toBe(true);
  });

  it('is replaced at the same address and with its data: Redis', async () => {
    const stack = await start();
    await setInRedis(stack.ready, 'kept', 'yes');
    process.kill(stack.ready.pids.redis as number, 'SIGKILL');
    const now = await replaced(stack.ready, ({ pids }) => pids.redis);
    expect(now.redis_url).toBe(stack.ready.redis_url);
    expect(await getFromRedis(now, 'kept')).toBe('yes');
    await waitUntil('the API has found it again', () => isHealthy(stack.url));
  });
});

describe('two stacks', () => {
  it('live side by side with directories and ports of their own', async () => {
    const other = makeDataDir();
    const [one, two] = await Promise.all([start(), startStack({ DATA_DIR: other })]);
    programs.push(two);
    expect(new Set([...pidsOf(one.ready), ...pidsOf(two.ready), one.url, two.url, one.apiKey, two.apiKey]).size).toBe(12);
    expect(await two.stop()).toBe(0);
    expect(await isHealthy(one.url)).toBe(true);
    rmSync(other, { recursive: true });
  });

  it('cannot share a directory: the second one names the first and leaves it alone', async () => {
    const first = await start();
    const second = run(process.execPath, [START]);
    expect(await second.exited).toBe(1);
    expect(second.stderr()).toMatch(`already runs on this DATA_DIR as process ${first.process.pid} `);
    expect(readReady(dataDir)).toEqual(first.ready);
    expect(await isHealthy(first.url)).toBe(true);
  });
});

describe('a stack that cannot start says why and leaves nothing running', () => {
  it('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stack = run(process.execPath, [START], { PORT: String(port) });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(`127.0.0.1:${port} is taken by another process; set PORT`);
    expect(tracesIn(dataDir)).toEqual([]);
    server.close();
  });

  it('without a redis-server', async () => {
    const bin = join(dataDir, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'sh'));
    const stack = run(process.execPath, [START], { PATH: bin });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch('redis did not start (redis-server is not installed: run sh scripts/setup.sh)');
    expect(tracesIn(dataDir)).toEqual([]);
  });

  it('with keys that cannot be read', async () => {
    const stack = run(process.execPath, [START], { API_KEYS_FILE: join(dataDir, 'none.json') });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(/api did not start \(exit code 1\).*none\.json/);
    expect(tracesIn(dataDir)).toEqual([]);
  });

  it('with a variable that means nothing', async () => {
    const stack = run(process.execPath, [START], { WORKERS: 'many' });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(/^Cytoqueue: .*WORKERS/);
  });
});

async function setInRedis({ redis_url: url }: Ready, key: string, value: string): Promise<void> {
  const client = new Redis(url);
  await client.set(key, value);
  await client.quit();
}

async function getFromRedis({ redis_url: url }: Ready, key: string): Promise<string | null> {
  const client = new Redis(url);
  const value = await client.get(key);
  await client.quit();
  return value;
}
