import { findFreePort } from '../support/free-port';
import { StackFixture, getFromRedis, isHealthy, setInRedis, waitUntilGone } from '../support/stack-fixture';
import { type Ready, isRunning, pidsOf, readReady } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

let fixture: StackFixture;

beforeEach(() => {
  fixture = new StackFixture();
});

afterEach(() => fixture.end());

test('a killed stack can be started again at once on the same directory and port, even if some of its processes still run, and ends its child processes', async () => {
  const PORT = String(await findFreePort());
  const first = await fixture.start({ PORT });
  await setInRedis(first.ready, 'kept', 'yes');
  process.kill(first.ready.pids.api, 'SIGSTOP');
  first.process.kill('SIGKILL');
  await first.exited;
  const second = await fixture.start({ PORT });
  expect(second.url).toBe(first.url);
  expect(await getFromRedis(second.ready, 'kept')).toBe('yes');
  expect(pidsOf(first.ready).filter(isRunning)).toEqual([]);
  second.process.kill('SIGKILL');
  expect(await second.exited).toBe('SIGKILL');
  await waitUntilGone(pidsOf(second.ready));
});

describe('a process of the stack that is killed', () => {
  const replaced = (before: Ready, pidIn: (ready: Ready) => number | undefined) =>
    waitUntil('ready.json names another process', () => {
      const now = readReady(fixture.dataDir);
      return now !== undefined && pidIn(now) !== pidIn(before) && now;
    });

  it('is replaced: a worker, then the API at the same address, then Redis at the same address with its data', async () => {
    const stack = await fixture.start({ WORKERS: '2', PORT: String(await findFreePort()) });
    await setInRedis(stack.ready, 'kept', 'yes');

    process.kill(stack.ready.pids.workers[0] as number, 'SIGKILL');
    const newWorker = await replaced(stack.ready, ({ pids }) => pids.workers[0]);
    expect(isRunning(newWorker.pids.workers[0] as number)).toBe(true);
    expect(newWorker).toEqual({
      ...stack.ready,
      pids: { ...stack.ready.pids, workers: [newWorker.pids.workers[0], stack.ready.pids.workers[1]] },
      worker_ports: newWorker.worker_ports,
    });
    expect(stack.stderr()).toMatch(/^worker-1 has ended \(SIGKILL\); starting it again in 0\.1 s$/m);

    process.kill(stack.ready.pids.api, 'SIGKILL');
    const newApi = await replaced(newWorker, ({ pids }) => pids.api);
    expect(newApi.url).toBe(stack.url);
    await waitUntil('it is healthy', () => isHealthy(stack.url));

    process.kill(stack.ready.pids.redis as number, 'SIGKILL');
    const newRedis = await replaced(newApi, ({ pids }) => pids.redis);
    expect(newRedis.redis_url).toBe(stack.ready.redis_url);
    expect(await getFromRedis(newRedis, 'kept')).toBe('yes');
    await waitUntil('the API has found it again', () => isHealthy(stack.url));
  });
});

test('two stacks run side by side with separate directories and ports, and cannot share a directory', async () => {
  const [one, two] = await Promise.all([fixture.start(), fixture.startBeside()]);
  expect(new Set([...pidsOf(one.ready), ...pidsOf(two.ready), one.url, two.url, one.apiKey, two.apiKey]).size).toBe(12);
  expect(await two.stop()).toBe(0);
  expect(await isHealthy(one.url)).toBe(true);
  const third = fixture.run();
  expect(await third.exited).toBe(1);
  expect(third.stderr()).toMatch(`already runs on this DATA_DIR as process ${one.process.pid} `);
  expect(readReady(fixture.dataDir)).toEqual(one.ready);
  expect(await isHealthy(one.url)).toBe(true);
});
