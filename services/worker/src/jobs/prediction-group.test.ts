import { type Job, type JobProducer, MinuteCounters, type PredictionGroupJob, jobIds } from '@cytoqueue/queue';
import { ObjectKeys, createId } from '@cytoqueue/records';
import { ObjectFormatError, StoreUnavailableError } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RunningWorker, TENANT } from '../../test/running-worker';
import { PredictionProcessor } from './prediction';
import { giveUpGroup, processGroup } from './prediction-group';

let worker: RunningWorker;
let producer: JobProducer;
let connection: Redis;

beforeAll(async () => {
  worker = await RunningWorker.start();
  ({ producer, connection } = worker);
});

afterAll(() => worker?.stop());

beforeEach(() => connection.flushall());

type Change = Parameters<RunningWorker['acceptPrediction']>[0];

const acceptRecords = async (changes: readonly Change[]) => {
  const ids: string[] = [];
  for (const change of changes) ids.push(await worker.acceptPrediction(change));
  return ids;
};
/** Enqueues records as one group. */
const enqueueTogether = (ids: readonly string[]) =>
  Promise.all(ids.map((predictionId) => producer.enqueuePrediction({ tenant: TENANT, predictionId })));
const statusOf = async (id: string) =>
  (await worker.json<{ status: string }>(ObjectKeys.predictionCompletion(TENANT, id))).status;
const statusesOf = (ids: readonly string[]) => Promise.all(ids.map(statusOf));
const completedCount = async () =>
  (await new MinuteCounters(connection).recent(2)).minutes.reduce(
    (sum, { PredictionsCompleted = 0 }) => sum + PredictionsCompleted,
    0,
  );
const untilDone = (ids: readonly string[]) =>
  waitUntil('no record is pending', async () => {
    for (const id of ids) if (await worker.isPending(id)) return false;
    return true;
  });
/** A group's delivery, without the queue. @param attempt how often it was delivered, of which the others have stalled */
const delivery = (predictionIds: string[], attempt = 1) =>
  ({
    id: jobIds.predictionGroup(predictionIds),
    data: { v: 3, tenant: TENANT, predictionIds },
    timestamp: Date.now(),
    attemptsStarted: attempt,
    stalledCounter: attempt - 1,
    attemptsMade: 0,
  }) as Job<PredictionGroupJob>;
const groupDeps = (processor = new PredictionProcessor(worker.deps)) => ({ ...worker.deps, processor });

test('every record of a group gets its own result, counts once, and is named in the log', async () => {
  const ids = await acceptRecords([{}, { sample_id: 'other' }, { operating_point: 'sensitivity99' }]);
  const before = worker.logged.length;
  await enqueueTogether(ids);
  await worker.whileConsuming(() => untilDone(ids));
  const apart = await acceptRecords([{}, { sample_id: 'other' }, { operating_point: 'sensitivity99' }]);
  const processor = new PredictionProcessor(worker.deps);
  for (const [index, predictionId] of apart.entries()) {
    await processor.process({ v: 1, tenant: TENANT, predictionId });
    const [alone, grouped] = await Promise.all(
      [predictionId, ids[index] ?? ''].map((id) =>
        worker.json<{ result: object }>(ObjectKeys.predictionCompletion(TENANT, id)),
      ),
    );
    expect(grouped?.result).toEqual(alone?.result);
  }
  expect(await completedCount()).toBe(3);
  expect(worker.logged.slice(before)).toEqual([
    expect.objectContaining({ msg: 'job done', job: `${ids[0]}.3`, prediction_ids: ids }),
  ]);
  expect(await connection.keys('cytoqueue:grouped:*')).toEqual([]);
});

test('a record that fails for good does not affect the others of its group', async () => {
  const doctored = { ...worker.pin, digest: `sha256:${'0'.repeat(64)}` };
  const ids = await acceptRecords([{}, { model: doctored }, {}]);
  await enqueueTogether(ids);
  await worker.whileConsuming(() => untilDone(ids));
  expect(await statusesOf(ids)).toEqual(['succeeded', 'failed', 'succeeded']);
  expect(await completedCount()).toBe(2);
  expect(await connection.keys('cytoqueue:grouped:*')).toEqual([]);
});

test('a record that only a later release can read gets a job of its own, which waits for that', async () => {
  const [readable = '', later = ''] = await acceptRecords([{}, {}]);
  const key = ObjectKeys.predictionRequest(TENANT, later);
  const get = worker.store.get.bind(worker.store);
  const reading = jest.spyOn(worker.store, 'get').mockImplementation(async (...args) => {
    if (args[0] === key) throw new ObjectFormatError(key, 99);
    return get(...args);
  });
  await enqueueTogether([readable, later]);
  await processGroup(groupDeps(), delivery([readable, later]));
  reading.mockRestore();
  expect([await worker.isPending(readable), await worker.isPending(later)]).toEqual([false, true]);
  expect(await producer.queues[0]?.getJob(later)).toBeDefined();
});

test('canceled and removed records of a group stay as they are and do not count', async () => {
  const [canceled = '', removed = '', kept = ''] = await acceptRecords([{}, {}, {}]);
  await worker.store.putOnce(ObjectKeys.predictionCompletion(TENANT, canceled), Buffer.from('{"status":"canceled"}'));
  await worker.store.delete(ObjectKeys.predictionRequest(TENANT, removed));
  await enqueueTogether([canceled, removed, kept]);
  await worker.whileConsuming(() => untilDone([canceled, removed, kept]));
  expect(await statusesOf([canceled, kept])).toEqual(['canceled', 'succeeded']);
  expect(await worker.store.head(ObjectKeys.predictionCompletion(TENANT, removed))).toBeUndefined();
  expect(await completedCount()).toBe(1);
  expect(await connection.keys('cytoqueue:grouped:*')).toEqual([]);
});

test('a redelivered group completes its finished records and gives each other one a job of its own', async () => {
  const ids = await acceptRecords([{}, {}, {}]);
  const [finished = '', ...unfinished] = ids;
  await enqueueTogether(ids);
  const processor = new PredictionProcessor(worker.deps);
  await processor.process({ v: 1, tenant: TENANT, predictionId: finished });
  await processGroup(groupDeps(processor), delivery(ids, 2));
  expect(await worker.isPending(finished)).toBe(false);
  expect(await completedCount()).toBe(1);
  for (const id of unfinished) {
    expect(await worker.store.head(ObjectKeys.predictionCompletion(TENANT, id))).toBeUndefined();
    expect((await producer.queues[0]?.getJob(id))?.data).toEqual({ v: 1, tenant: TENANT, predictionId: id });
  }
  // The jobs of their own count them; another delivery of the group counts nothing.
  await worker.whileConsuming(() => untilDone(ids));
  await processGroup(groupDeps(processor), delivery(ids, 3));
  expect([await statusesOf(ids), await completedCount()]).toEqual([['succeeded', 'succeeded', 'succeeded'], 3]);
});

test('an outage of the store postpones a group, and its records count once', async () => {
  const ids = await acceptRecords([{}, {}, {}]);
  const failing = new Set([ObjectKeys.predictionCompletion(TENANT, ids[1] ?? '')]);
  const store = new Proxy(worker.store, {
    get: (target, member, receiver) => {
      if (member !== 'putOnce' && member !== 'delete') return Reflect.get(target, member, receiver) as unknown;
      return async (...args: [string, Buffer]) => {
        if (failing.has(args[0])) throw new StoreUnavailableError('the disk does not answer');
        return target[member](...args);
      };
    },
  });
  await enqueueTogether(ids);
  const deps = groupDeps(new PredictionProcessor({ ...worker.deps, store }));
  const postponed = () => expect(processGroup(deps, delivery(ids))).rejects.toBeInstanceOf(StoreUnavailableError);
  await postponed();
  expect(await Promise.all(ids.map((id) => worker.isPending(id)))).toEqual([false, true, false]);
  expect(await completedCount()).toBe(2);
  // Now its marker cannot be deleted, after it was counted.
  failing.clear();
  failing.add(ObjectKeys.pending(TENANT, ids[1] ?? ''));
  await postponed();
  failing.clear();
  await processGroup(deps, delivery(ids));
  expect(await Promise.all(ids.map((id) => worker.isPending(id)))).toEqual([false, false, false]);
  expect([await statusesOf(ids), await completedCount()]).toEqual([['succeeded', 'succeeded', 'succeeded'], 3]);
  for (const id of ids) expect(await producer.queues[0]?.getJob(id)).toBeUndefined();
});

test('a group that has failed for good leaves jobs for the records that have not ended', async () => {
  const [finished = '', open = ''] = await acceptRecords([{}, {}]);
  await new PredictionProcessor(worker.deps).process({ v: 1, tenant: TENANT, predictionId: finished });
  await giveUpGroup(groupDeps(), delivery([finished, open]));
  expect(await producer.singleRecords.state(open)).toBe('queued');
  expect(await producer.singleRecords.state(finished)).toBe('unknown');
});

test('a group of unknown records has no effect', async () => {
  const ids = [createId('pred_'), createId('pred_')];
  await enqueueTogether(ids);
  await processGroup(groupDeps(), delivery(ids));
  for (const id of ids) expect(await worker.store.head(ObjectKeys.predictionCompletion(TENANT, id))).toBeUndefined();
  expect(await completedCount()).toBe(0);
});
