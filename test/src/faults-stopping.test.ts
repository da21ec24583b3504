import { FaultStack } from './fault-stack';
import type { RunningProgram } from './stack-process';
import { waitUntil } from './wait-until';

jest.setTimeout(60_000);

/** Far below the minute after which a worker is ended as stuck. */
const STOPPED_WITHIN_MS = 20_000;

let faults: FaultStack;
const programs: RunningProgram[] = [];

beforeAll(async () => {
  faults = await FaultStack.start(1);
}, 120_000);

afterEach(() => {
  for (const { process: child } of programs.splice(0)) child.kill('SIGKILL');
  faults.proxy.heal();
});

afterAll(async () => {
  await faults?.stop();
}, 120_000);

async function startWorker(): Promise<RunningProgram> {
  const worker = await faults.startWorker();
  programs.push(worker);
  return worker;
}

test.each([
  ['away', () => faults.proxy.cut()],
  ['frozen', () => faults.proxy.freeze()],
])('SIGTERM while Redis is %s: the worker ends in order and in time', async (_, fault) => {
  const worker = await startWorker();
  fault();
  const startedMs = performance.now();
  worker.process.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(STOPPED_WITHIN_MS);
});

test('a second signal ends it at once', async () => {
  const worker = await startWorker();
  faults.proxy.freeze();
  worker.process.kill('SIGTERM');
  await waitUntil('it is stopping', () => worker.stdout().includes('"msg":"stopping"'));
  worker.process.kill('SIGTERM');
  expect(await worker.exited).toBe(1);
});
