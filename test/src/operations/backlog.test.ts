import { type BatchDocument, ObjectKeys, listUnscoredShards } from '@cytoqueue/records';
import { finish } from '../support/batches';
import { FaultStack, SHARD_ROWS } from '../support/fault-stack';
import type { Hold } from '../support/gate';
import { waitUntil } from '../support/wait-until';

/**
 * Compares the backlog of `GET /v1/queue` with the rows that the store lacks, after faults of the queue and its
 * workers.
 */

const ROWS = 5_000;
/** A worker with one scoring thread takes this many shards at once. */
const SLOTS = 3;
let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(ROWS, { CANARY_SECONDS: '1' });
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

async function shardsQueue(): Promise<{ backlog_rows: number; active: number }> {
  const { json } = await faults.client.get('/v1/queue');
  return json.queues.find(({ name }: { name: string }) => name === 'shards');
}

/** Waits for each value, because the API caches the queue status for a second. */
function untilBacklogRows(rows: number): Promise<unknown> {
  return waitUntil(`the backlog is ${rows} rows`, async () => (await shardsQueue()).backlog_rows === rows);
}

/** Pauses the queue: workers finish their shards and take no further one. */
async function setPaused(paused: boolean): Promise<void> {
  const action = paused ? 'pause' : 'resume';
  const response = await fetch(`${faults.stack.url}/admin/queues/api/queues/shards/${action}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${faults.stack.apiKey}` },
  });
  expect(response.status).toBe(200);
}

async function unscoredRows(...ids: string[]): Promise<number> {
  const left = await Promise.all(
    ids.map(async (id) => {
      const record = JSON.parse(
        (await faults.store.get(ObjectKeys.batchDocument('local', id))).toString(),
      ) as BatchDocument;
      return listUnscoredShards(faults.store, 'local', record);
    }),
  );
  return left.flat().reduce((sum, { rows }) => sum + rows, 0);
}

const holdAllButFirst = () => faults.hold(/\/shards\/(?!00000)/);

/**
 * Lets the held shards end while no other is taken; then each shard is either in the store or in the backlog.
 * @returns the rows left
 */
async function endHeld(hold: Hold, ids: string[]): Promise<number> {
  await setPaused(true);
  hold.open();
  return waitUntil('no shard is in progress, and the backlog is what the store lacks', async () => {
    const [{ active, backlog_rows: backlog }, rows] = [await shardsQueue(), await unscoredRows(...ids)];
    return active === 0 && backlog === rows && rows;
  });
}

test('the backlog equals the unscored rows before, after some shards, and after their workers were killed', async () => {
  await setPaused(true);
  const ids: [string, string] = [await faults.upload(), await faults.upload()];
  await untilBacklogRows(2 * ROWS);
  const first = holdAllButFirst();
  await setPaused(false);
  await first.reached(SLOTS);
  expect(await endHeld(first, ids)).toBe(2 * ROWS - (1 + SLOTS) * SHARD_ROWS);
  const second = holdAllButFirst();
  await setPaused(false);
  await second.reached(SLOTS);
  await setPaused(true);
  const left = await unscoredRows(...ids);
  await faults.killWorkers();
  expect(await endHeld(second, ids)).toBe(left);
  await setPaused(false);
  for (const id of ids) await faults.expectComplete(id);
  await waitUntil('nothing is left', async () => (await faults.client.get('/v1/queue')).json.backlog_jobs === 0);
});

test('a canceled batch leaves the backlog, and a retry adds its unscored rows', async () => {
  const { batch, hold } = await faults.uploadAndHold();
  await hold.reached(SLOTS);
  await faults.client.post(`/v1/batches/${batch}/cancel`);
  hold.open();
  const { counts } = await finish(faults.client, batch);
  await untilBacklogRows(0);
  await setPaused(true);
  await faults.client.post(`/v1/batches/${batch}/retry`);
  await untilBacklogRows(counts.pending);
  expect([counts.pending, await unscoredRows(batch)]).toEqual([SHARD_ROWS, SHARD_ROWS]);
  await setPaused(false);
  expect(await finish(faults.client, batch)).toMatchObject({ counts: { pending: 0, failed: 0 } });
});

test('an emptied Redis has no backlog until the work is enqueued again', async () => {
  await setPaused(true);
  const id = await faults.upload();
  await untilBacklogRows(ROWS);
  await faults.inRedis((redis) => redis.flushall());
  await setPaused(true);
  await untilBacklogRows(0);
  await faults.backdate(id);
  await faults.reconcile();
  await untilBacklogRows(ROWS);
  await setPaused(false);
  expect((await faults.expectComplete(id)).failed_shards).toEqual([]);
});
