import { FaultStack } from '../support/fault-stack';
import { type PromisedTime, inPromisedTime } from '../support/promised-time';
import type { RunningProgram } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

/** After a minute it is ended as stuck, with another status. */
const STOP: PromisedTime = { what: 'a stop without Redis', promisedMs: 20_000, defectMs: 60_000 };

let faults: FaultStack;
const programs: RunningProgram[] = [];

beforeAll(async () => {
  faults = await FaultStack.start(1);
}, 240_000);

afterEach(() => {
  for (const { process: child } of programs.splice(0)) child.kill('SIGKILL');
  faults.proxy.heal();
});

afterAll(async () => {
  await faults?.stop();
}, 240_000);

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
  worker.process.kill('SIGTERM');
  expect(await inPromisedTime(STOP, worker.exited)).toBe(0);
});

test('a second signal ends it at once', async () => {
  const worker = await startWorker();
  faults.proxy.freeze();
  worker.process.kill('SIGTERM');
  await waitUntil('it is stopping', () => worker.stdout().includes('"msg":"stopping"'));
  worker.process.kill('SIGTERM');
  expect(await worker.exited).toBe(1);
});
