import { Controller, POLICY_SECONDS_PER_SECOND } from './controller';
import { demoPolicy } from './run-scale';

const policy = demoPolicy();
const target = policy.targetBacklogRowsPerWorker;

/** Backlog as a multiple of the target, one sample per period, like a run of the demonstration; null: no response. */
const RECORDED = [1, 2, 3, 4, 4, null, 4, 3, 3, 2, 2, 1, 1, 0.5, ...Array<number>(60).fill(0)];

/** Runs the controller once per sample on a simulated clock. @returns the number of workers after each sample */
async function replay(samples: readonly (number | null)[]): Promise<number[]> {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  let running = 1;
  let sample: number | null = null;
  const queue = async () => {
    if (sample === null) throw new Error('no answer');
    const shards = { name: 'shards', backlog_rows: sample * target, oldest_job_age_seconds: sample === 0 ? 0 : 2 };
    return { queues: [shards], as_of: new Date(nowMs).toISOString(), workers_alive: running };
  };
  const controller = new Controller({
    policy,
    client: { queue } as unknown as ConstructorParameters<typeof Controller>[0]['client'],
    acceptedRows: () => 100 * target,
    workersRunning: () => running,
    scale: async (workers) => void (running = workers),
    onSample: () => undefined,
    onError: () => undefined,
    now: () => nowMs,
  });
  const workers: number[] = [];
  for (sample of samples) {
    nowMs += (policy.periodSeconds / POLICY_SECONDS_PER_SECOND) * 1_000;
    await controller.evaluate();
    await new Promise(setImmediate);
    workers.push(running);
  }
  await controller.stop();
  return workers;
}

const changes = (workers: readonly number[]) => workers.filter((count, index) => count !== workers[index - 1]);

test('a backlog adds a second worker, an empty queue removes it, and a missing response changes nothing', async () => {
  const workers = await replay(RECORDED);
  expect(changes(workers)).toEqual([1, 2, 1]);
  expect(workers.indexOf(2)).toBeLessThan(RECORDED.indexOf(null));
  expect(workers.lastIndexOf(2)).toBeGreaterThan(RECORDED.indexOf(0.5));
});

test('a backlog below the target starts no second worker', async () => {
  expect(changes(await replay(Array<number>(30).fill(0.5)))).toEqual([1]);
});

test('a queue that never responds leaves the workers unchanged', async () => {
  expect(changes(await replay(Array<null>(30).fill(null)))).toEqual([1]);
});
