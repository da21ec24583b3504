import { type BatchRecord, ObjectKeys, unscoredShards } from '@cytoqueue/storage';
import { finish } from '../support/batches';
import { FaultStack } from '../support/fault-stack';
import { waitUntil } from '../support/wait-until';

/** What `GET /v1/queue` says is left to do, against what the store says is not done, after all that may happen to a queue. */

const ROWS = 4_000;
const MINUTES = 60_000;
let faults: FaultStack;

beforeAll(async () => {
  // Evidence makes shards slow enough to be stopped in the middle.
  faults = await FaultStack.start(ROWS, { query: '?explain=true', CANARY_SECONDS: '1' });
}, 2 * MINUTES);

afterAll(() => faults?.stop(), 2 * MINUTES);

interface Shards {
  backlog_rows: number;
  active: number;
  prioritized: number;
  paused: boolean;
  /** When the figures were taken; they are kept for a moment. */
  takenAtMs: number;
}

async function shardsQueue(): Promise<Shards> {
  const { json } = await faults.client.get('/v1/queue');
  const shards = json.queues.find(({ name }: { name: string }) => name === 'shards');
  return { ...shards, takenAtMs: Date.parse(json.as_of) } as Shards;
}

/** The workers live on and take no shard. */
async function setPaused(paused: boolean): Promise<void> {
  const action = paused ? 'pause' : 'resume';
  const response = await fetch(`${faults.stack.url}/admin/queues/api/queues/shards/${action}`, { method: 'PUT', headers: { authorization: `Bearer ${faults.stack.apiKey}` } });
  expect(response.status).toBe(200);
}

/** No shard is in hand, so that each is either in the store or still to be done. */
async function whileStill(use: () => Promise<void>): Promise<void> {
  await setPaused(true);
  const pausedAtMs = Date.now();
  await waitUntil('no shard is in hand', async () => {
    const { active, takenAtMs } = await shardsQueue();
    return active === 0 && takenAtMs > pausedAtMs;
  });
  await use();
  await setPaused(false);
}

async function unscoredRows(...ids: string[]): Promise<number> {
  const left = await Promise.all(
    ids.map(async (id) => {
      const record = JSON.parse((await faults.store.get(ObjectKeys.batchRecord('local', id))).toString()) as BatchRecord;
      return unscoredShards(faults.store, 'local', record);
    }),
  );
  return left.flat().reduce((sum, { rows }) => sum + rows, 0);
}

test('is what is left, before, after some shards, and after their workers were killed', async () => {
  await setPaused(true);
  const ids = [await faults.upload(), await faults.upload()];
  await waitUntil('the figures are new', async () => (await shardsQueue()).backlog_rows > 0);
  expect((await shardsQueue()).backlog_rows).toBe(2 * ROWS);
  await setPaused(false);
  await faults.untilInTheMiddle(ids[0], 1);
  await whileStill(async () => expect((await shardsQueue()).backlog_rows).toBe(await unscoredRows(...ids)));
  await waitUntil('a shard is in hand', async () => (await faults.inHand('shards')).length > 0);
  await faults.killWorkers();
  await whileStill(async () => expect((await shardsQueue()).backlog_rows).toBe(await unscoredRows(...ids)));
  for (const id of ids) await faults.expectWhole(id);
  await waitUntil('nothing is left', async () => (await faults.client.get('/v1/queue')).json.backlog_jobs === 0);
}, 4 * MINUTES);

test('a canceled batch is no backlog any more, and a retried one is with what it lacks', async () => {
  await setPaused(true);
  const id = await faults.upload();
  await setPaused(false);
  await faults.untilInTheMiddle(id, 1);
  await faults.client.post(`/v1/batches/${id}/cancel`);
  const { counts } = await finish(faults.client, id);
  await waitUntil('nothing is left', async () => (await shardsQueue()).backlog_rows === 0);
  await setPaused(true);
  await faults.client.post(`/v1/batches/${id}/retry`);
  await waitUntil('it waits again', async () => (await shardsQueue()).backlog_rows === counts.pending);
  expect(counts.pending).toBe(await unscoredRows(id));
  await setPaused(false);
  expect(await finish(faults.client, id)).toMatchObject({ counts: { pending: 0, failed: 0 } });
}, 4 * MINUTES);

test('an emptied Redis has no backlog, until the work is enqueued again', async () => {
  await setPaused(true);
  const id = await faults.upload();
  await faults.inRedis((redis) => redis.flushall());
  await setPaused(true);
  await waitUntil('the figures are new', async () => (await shardsQueue()).backlog_rows === 0);
  faults.age(id);
  await waitUntil('it waits again', async () => (await shardsQueue()).backlog_rows > 0);
  expect((await shardsQueue()).backlog_rows).toBe(ROWS);
  await setPaused(false);
  await faults.expectWhole(id);
}, 4 * MINUTES);
