import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import type { Redis } from 'ioredis';
import { finish } from '../support/batches';
import { FaultStack } from '../support/fault-stack';
import type { Hold } from '../support/gate';
import { waitUntil } from '../support/wait-until';

/*
 * Redis loses part of a batch's keys while real processes run. The timing is explicit: the writes of some shards are
 * held, so the batch is in the middle of its run.
 */

/**
 * Three of eight shards are written freely, three are held before their write (as many as the worker takes at once), and
 * two are queued.
 */
const HELD = 3;
const IN_HAND = 3;
const QUEUED = 7;
const SHARD = `${REDIS_PREFIX}:${queueNames.shards}`;
const FINALIZE = `${REDIS_PREFIX}:${queueNames.finalize}`;
const shardKey = (id: string, shard: number, run = 1) => `${SHARD}:${jobIds.shard(id, run, shard)}`;
const finalizeKey = (id: string, run = 1) => `${FINALIZE}:${jobIds.finalize(id, run)}`;

let faults: FaultStack;
let hold: Hold | undefined;

beforeAll(async () => {
  faults = await FaultStack.start(8_000);
});

afterEach(() => {
  hold?.open();
  return faults.restore();
});

afterAll(async () => {
  await faults?.stop();
});

/** A batch with stored, held and queued shards. */
async function heldInTheMiddle(): Promise<string> {
  hold = faults.hold(new RegExp(`/shards/0000[${HELD}-${QUEUED}]\\.`));
  const id = await faults.upload();
  await hold.reached(IN_HAND);
  return id;
}

async function lose(id: string, loss: (redis: Redis) => Promise<unknown>): Promise<void> {
  await faults.whilePaused(async () => {
    await faults.inRedis(loss);
    await faults.backdate(id);
  });
  hold?.open();
  await faults.reconcile();
}

test.each<[string, (redis: Redis, id: string) => Promise<unknown>]>([
  ['the hash of the shard that is being scored', (redis, id) => redis.del(shardKey(id, HELD))],
  ['the hash of a shard in line', (redis, id) => redis.del(shardKey(id, QUEUED))],
  ['the hash of the finalizer', (redis, id) => redis.del(finalizeKey(id))],
  ["the finalizer's dependencies", (redis, id) => redis.del(`${finalizeKey(id)}:dependencies`)],
  ['the line of shards and the list of active ones', (redis) => redis.del(`${SHARD}:prioritized`, `${SHARD}:active`)],
])('a running batch finishes with the right bytes after the loss of %s', async (_, loss) => {
  const id = await heldInTheMiddle();
  await lose(id, (redis) => loss(redis, id));
  expect((await faults.expectComplete(id)).failed_shards).toEqual([]);
});

test('a canceled batch whose finalizer was lost finishes and can be deleted', async () => {
  const id = await heldInTheMiddle();
  expect((await faults.client.post(`/v1/batches/${id}/cancel`)).status).toBe(202);
  await lose(id, (redis) => redis.del(finalizeKey(id), `${finalizeKey(id)}:dependencies`));
  expect((await finish(faults.client, id)).status).toBe('canceled');
  await waitUntil(
    'it is deleted',
    async () => (await faults.client.call('delete', `/v1/batches/${id}`)).status === 204,
  );
  expect((await faults.client.get(`/v1/batches/${id}`)).status).toBe(404);
});

async function canceledInTheMiddle(): Promise<string> {
  const id = await heldInTheMiddle();
  await faults.client.post(`/v1/batches/${id}/cancel`);
  hold?.open();
  expect((await finish(faults.client, id)).status).toBe('canceled');
  return id;
}

async function emptyRedis(id: string): Promise<void> {
  await faults.inRedis((redis) => redis.flushall());
  expect((await faults.client.get(`/v1/batches/${id}`)).status).toBe(200);
  await faults.backdate(id);
}

async function expectRetried(id: string): Promise<void> {
  await faults.reconcile();
  expect((await faults.expectComplete(id)).run).toBe(2);
  await waitUntil(
    'no marker is left',
    async () => (await faults.store.head(ObjectKeys.pending('local', id, 2))) === undefined,
  );
}

test('a retry is shown, and finishes, when Redis is emptied before its shards run', async () => {
  const id = await canceledInTheMiddle();
  await faults.whilePaused(async () => {
    expect((await faults.client.post(`/v1/batches/${id}/retry`)).status).toBe(202);
    await emptyRedis(id);
  });
  await expectRetried(id);
});

test('a retry is shown, and finishes, when Redis is emptied while its shards run', async () => {
  const id = await canceledInTheMiddle();
  hold = faults.hold(new RegExp(`/shards/0000[${QUEUED}]\\.`));
  expect((await faults.client.post(`/v1/batches/${id}/retry`)).status).toBe(202);
  await hold.reached();
  await faults.whilePaused(() => emptyRedis(id));
  hold.open();
  await expectRetried(id);
});
