import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { serviceNode } from '../../../scripts/src/stack/service-node';
import { RedisProcess } from '../support/redis-process';
import { StackFixture, getFromRedis, setInRedis, waitUntilGone } from '../support/stack-fixture';
import { hasPendingSigterm, stopProcess, isRunning, pidsOf, tracesIn, untilReady } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

let fixture: StackFixture;

beforeEach(() => {
  fixture = new StackFixture();
});

afterEach(() => fixture.end());

const STOPPED = ['stopping: SIGTERM', 'stopped'];

/** The first and the last line that a service logged about its stop, and their times. */
function stopOf(service: string): { messages: string[]; began: string; ended: string } {
  const log = readFileSync(join(fixture.dataDir, 'logs', `${service}.log`), 'utf8');
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { time: string; msg: string; reason?: string });
  const first = lines.find(({ msg }) => msg === 'stopping');
  const last = lines.at(-1);
  return {
    messages: [`${first?.msg}: ${first?.reason}`, last?.msg ?? ''],
    began: first?.time ?? '',
    ended: last?.time ?? '',
  };
}

describe('a stack', () => {
  it('runs the services with the program that SERVICE_NODE names', async () => {
    const [program, started] = [join(fixture.dataDir, 'node'), join(fixture.dataDir, 'started')];
    writeFileSync(program, `#!/bin/sh\necho $$ >>${started}\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    const { ready } = await fixture.start({ SERVICE_NODE: program });
    const pids = readFileSync(started, 'utf8').trim().split('\n').map(Number);
    expect(pids).toEqual(expect.arrayContaining([ready.pids.api, ...ready.pids.workers]));
  });

  it('prints its address, writes it to ready.json for its owner only, leaves nothing running after SIGTERM, continues with the same data and key when started again, and stops when the parent that holds its IPC channel has ended', async () => {
    const stack = await fixture.start({ WORKERS: '2' });
    expect(stack.ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      api_key: expect.stringMatching(/^cq_[\w-]{43}$/),
      pids: {
        stack: stack.process.pid,
        api: expect.any(Number),
        workers: [expect.any(Number), expect.any(Number)],
        redis: expect.any(Number),
      },
      redis_url: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/),
      worker_ports: [expect.any(Number), expect.any(Number)],
    });
    const version = execFileSync(serviceNode(undefined), ['--version'], { encoding: 'utf8' }).trim();
    for (const port of stack.ready.worker_ports) {
      const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(metrics.status).toBe(200);
      expect(await metrics.text()).toMatch(`nodejs_version_info{version="${version}"`);
    }
    expect(statSync(join(fixture.dataDir, 'ready.json')).mode & 0o777).toBe(0o600);
    await waitUntil('its lines are out', () => stack.stdout().includes('#token='));
    const [ready, link] = stack.stdout().split('\n');
    expect(ready).toBe(`Cytoqueue is ready at ${stack.url}`);
    const { origin, pathname, hash } = new URL(link?.split(' at ')[1] ?? '');
    expect(origin + pathname).toBe(`${stack.url}/sign-in`);
    const body = JSON.stringify({ token: hash.replace('#token=', '') });
    const signIn = () =>
      fetch(`${stack.url}/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect([(await signIn()).status, (await signIn()).status]).toEqual([201, 401]);
    expect(pidsOf(stack.ready).filter(isRunning)).toHaveLength(5);
    const answer = await fetch(`${stack.url}/v1/predictions`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    expect(answer.status).toBe(200);
    await setInRedis(stack.ready, 'kept', 'yes');
    stack.process.kill('SIGTERM');
    expect(await stack.exited).toBe(0);
    expect(pidsOf(stack.ready).filter(isRunning)).toEqual([]);
    expect(tracesIn(fixture.dataDir)).toEqual([]);
    expect(stack.stderr()).toBe('');

    const second = await fixture.start();
    expect(second.apiKey).toBe(stack.apiKey);
    expect(await getFromRedis(second.ready, 'kept')).toBe('yes');
    second.process.disconnect();
    expect(await second.exited).toBe(0);
    expect(pidsOf(second.ready).filter(isRunning)).toEqual([]);
  });

  it('sends a worker its signal only after the API has ended', async () => {
    const { process: child, ready, exited } = await fixture.start();
    const {
      api,
      workers: [worker = 0],
    } = ready.pids;
    // While stopped, a process keeps a signal pending, which the test can observe.
    for (const pid of [api, worker]) await stopProcess(pid);
    // The terminal is closed.
    child.kill('SIGHUP');
    await waitUntil('the API has SIGTERM pending', () => hasPendingSigterm(api));
    expect(hasPendingSigterm(worker)).toBe(false);
    process.kill(api, 'SIGCONT');
    await waitUntil('the worker has SIGTERM pending', () => hasPendingSigterm(worker));
    expect(isRunning(api)).toBe(false);
    process.kill(worker, 'SIGCONT');
    expect(await exited).toBe(0);
  });

  it('stops in order when a terminal sends Ctrl-C to its whole process group, twice as npm does', async () => {
    const stack = fixture.run({}, { detached: true });
    const ready = await untilReady(stack, fixture.dataDir);
    process.kill(-(stack.process.pid as number), 'SIGINT');
    stack.process.kill('SIGINT');
    expect(await stack.exited).toBe(0);
    expect(pidsOf(ready).filter(isRunning)).toEqual([]);
    const [api, worker] = [stopOf('api'), stopOf('worker-1')];
    expect([api.messages, worker.messages]).toEqual([STOPPED, STOPPED]);
    expect(worker.began >= api.ended).toBe(true);
  });

  it('restarts no worker that SIGTERM to its whole process group ends before the API', async () => {
    const stack = fixture.run({}, { detached: true });
    const ready = await untilReady(stack, fixture.dataDir);
    await stopProcess(ready.pids.api);
    process.kill(-(stack.process.pid as number), 'SIGTERM');
    await waitUntil('the worker has ended', () => ready.pids.workers.every((pid) => !isRunning(pid)));
    process.kill(ready.pids.api, 'SIGCONT');
    expect(await stack.exited).toBe(0);
    expect(pidsOf(ready).filter(isRunning)).toEqual([]);
    expect([stopOf('api').messages, stopOf('worker-1').messages]).toEqual([STOPPED, STOPPED]);
    expect(stack.stderr()).toBe('');
  });

  it('can be stopped while it starts', async () => {
    const redis = await RedisProcess.start();
    // A Redis that does not respond keeps the stack from becoming ready.
    redis.freeze();
    try {
      const stack = fixture.run({ REDIS_URL: redis.url });
      await waitUntil('it has started something', () => tracesIn(fixture.dataDir).includes('processes.json'));
      stack.process.kill('SIGTERM');
      expect(await stack.exited).toBe(0);
      expect(tracesIn(fixture.dataDir)).toEqual([]);
      expect(stack.stdout()).toBe('');
    } finally {
      await redis.down();
    }
  });

  it('receives a signal that is sent to npm', async () => {
    const npm = fixture.run({}, { command: 'npm', args: ['start'] });
    const ready = await untilReady(npm, fixture.dataDir);
    npm.process.kill('SIGTERM');
    await npm.exited;
    await waitUntilGone(pidsOf(ready));
    expect(tracesIn(fixture.dataDir)).toEqual([]);
  });

  it('does not stop a redis-server that another stack started, which ends at once on a second signal, even if a child hangs', async () => {
    const host = await fixture.start();
    const guest = await fixture.startBeside({ REDIS_URL: host.ready.redis_url });
    expect(guest.ready.pids).not.toHaveProperty('redis');
    expect(guest.ready.redis_url).toBe(host.ready.redis_url);
    expect(await guest.stop()).toBe(0);
    expect(isRunning(host.ready.pids.redis as number)).toBe(true);
    process.kill(host.ready.pids.workers[0] as number, 'SIGSTOP');
    host.process.kill('SIGTERM');
    await waitUntil('the API has stopped', () => !isRunning(host.ready.pids.api));
    await waitUntil('the signal counts as another one', () => {
      host.process.kill('SIGTERM');
      return host.process.exitCode ?? undefined;
    });
    expect(await host.exited).toBe(1);
    await waitUntilGone(pidsOf(host.ready));
  });
});

describe('a stack that cannot start reports why and leaves nothing running', () => {
  it('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stack = fixture.run({ PORT: String(port) });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(`127.0.0.1:${port} is taken by another process; set PORT`);
    expect(tracesIn(fixture.dataDir)).toEqual([]);
    server.close();
  });

  it('without a redis-server', async () => {
    const bin = join(fixture.dataDir, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'sh'));
    const stack = fixture.run({ PATH: bin });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch('redis did not start (redis-server is not installed: run sh scripts/setup.sh)');
    expect(tracesIn(fixture.dataDir)).toEqual([]);
  });

  it('without the program that SERVICE_NODE names', async () => {
    const stack = fixture.run({ SERVICE_NODE: join(fixture.dataDir, 'none') });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(/^Cytoqueue: SERVICE_NODE: there is no program \S+none$/m);
    expect(tracesIn(fixture.dataDir)).toEqual([]);
  });

  it('with an unreadable keys file', async () => {
    const stack = fixture.run({ API_KEYS_FILE: join(fixture.dataDir, 'none.json') });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(/api did not start \(exit code 1\).*none\.json/);
    expect(tracesIn(fixture.dataDir)).toEqual([]);
  });

  it('with an invalid variable', async () => {
    const stack = fixture.run({ WORKERS: 'many' });
    expect(await stack.exited).toBe(1);
    expect(stack.stderr()).toMatch(/^Cytoqueue: .*WORKERS/);
  });
});
