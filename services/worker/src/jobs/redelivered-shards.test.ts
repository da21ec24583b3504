import { type JobProducer, jobIds } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningWorker, TENANT } from '../../test/running-worker';
import { ThreadHold } from '../../test/thread-hold';
import { ScoringPool } from '../scoring/pool';

const SHARDS = 3;

let worker: RunningWorker;
let connection: Redis;
let producer: JobProducer;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ connection, producer } = worker);
});

afterAll(() => worker?.stop());

/** Marks a waiting job as one whose worker crashed during its first attempt, as BullMQ does. */
async function markRedelivered(id: string): Promise<void> {
  const [key] = await connection.keys(`*:${id}`);
  await connection.hset(key as string, { ats: 1, stc: 1 });
}

async function countedRetries(): Promise<number> {
  const { body } = await worker.deps.metrics.text();
  return Number(/^cytoqueue_jobs_retried_total\S* (\d+)$/m.exec(body)?.[1]);
}

test('shards that wait for a redelivered one are postponed with the reason, and each counts as retried once', async () => {
  const held = new ThreadHold();
  const pool = new ScoringPool(1, ThreadHold.threadFile);
  worker.deps.pool = pool;
  try {
    const { id, shards } = await worker.acceptBatch(HEADER + ROW.repeat(SHARDS), 1);
    const jobs = shards.map(({ rows }, shard) => ({ shard, rows }));
    await producer.enqueueBatch({ tenant: TENANT, batchId: id, run: 1, shards: jobs });
    for (const { shard } of jobs) await markRedelivered(jobIds.shard(id, 1, shard));
    const postponed = () => worker.logged.filter(({ msg }) => msg === 'job postponed');
    await worker.whileConsuming(async () => {
      await waitUntil('another one is postponed again', () => postponed().length >= SHARDS);
      held.release();
      await waitUntil('the batch is finished', async () => !(await worker.isPending(id)));
    });
    expect(postponed().filter((line) => line.reason !== 'crash-isolation' || line.err !== undefined)).toEqual([]);
    expect(await countedRetries()).toBe(SHARDS);
  } finally {
    held.release();
    await pool.stop();
  }
});
