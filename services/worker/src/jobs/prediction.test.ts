import { ModelDigestError } from '@cytoqueue/registry';
import { ObjectCorruptError, ObjectMismatchError } from '@cytoqueue/storage';
import { ObjectKeys, type PredictionCompletion, predictionCompletionShape, readDocument } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningWorker, TENANT } from '../../test/running-worker';
import { PredictionProcessor } from './prediction';

let redis: RedisProcess;
let worker: RunningWorker;
let processor: PredictionProcessor;

beforeAll(async () => {
  redis = await RedisProcess.start();
  worker = await RunningWorker.start(redis.url);
  processor = new PredictionProcessor(worker.services);
});

afterAll(async () => {
  await worker?.stop();
  await redis?.down();
});

const jobOf = (predictionId: string) => ({ v: 1 as const, tenant: TENANT, predictionId });
const resultKey = (id: string) => ObjectKeys.predictionResult(TENANT, id);
const putEnd = (id: string, end: PredictionCompletion) =>
  worker.store.putOnce(resultKey(id), Buffer.from(JSON.stringify(end)));

test('delivered again, to whichever worker, it leaves the very same bytes', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const [bytes, info] = [await worker.store.get(resultKey(id)), await worker.store.head(resultKey(id))];
  await Promise.all([processor.process(jobOf(id)), new PredictionProcessor(worker.services).process(jobOf(id))]);
  expect(await worker.store.get(resultKey(id))).toEqual(bytes);
  expect(await worker.store.head(resultKey(id))).toEqual(info);
  await processor.cleanUp(jobOf(id));
  expect(await worker.isPending(id)).toBe(false);
  expect(JSON.parse(bytes.toString())).toMatchObject({
    status: 'succeeded',
    result: { predicted_class: 'benign', missing_features: ['bare_nuclei'] },
  });
});

test('canceled it stays canceled, also when it is given up', async () => {
  const id = await worker.acceptPrediction();
  await putEnd(id, { status: 'canceled' });
  await processor.process(jobOf(id));
  await processor.fail(jobOf(id));
  expect(await worker.json(resultKey(id))).toEqual({ status: 'canceled' });
  expect(await worker.isPending(id)).toBe(false);
});

test('given up it says so, and a result that came first stands', async () => {
  const [lost, scored] = [await worker.acceptPrediction(), await worker.acceptPrediction()];
  await processor.fail(jobOf(lost));
  expect(await worker.json(resultKey(lost))).toMatchObject({ status: 'failed', error: { code: 'scoring-failed' } });
  await processor.process(jobOf(scored));
  await processor.fail(jobOf(scored));
  expect(await worker.json(resultKey(scored))).toMatchObject({ status: 'succeeded' });
  expect([await worker.isPending(lost), await worker.isPending(scored)]).toEqual([false, false]);
});

test('taken back by the API it leaves nothing', async () => {
  const id = await worker.acceptPrediction();
  await worker.store.delete(ObjectKeys.predictionRequest(TENANT, id));
  await processor.process(jobOf(id));
  expect(await worker.store.head(resultKey(id))).toBeUndefined();
});

test('of a record that was deleted while it was scored no result stays', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  await worker.store.delete(ObjectKeys.predictionRequest(TENANT, id));
  await processor.cleanUp(jobOf(id));
  expect([await worker.store.head(resultKey(id)), await worker.isPending(id)]).toEqual([undefined, false]);
});

test('a different result of the same record is an alarm, and replaces nothing', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const end = await worker.json<Extract<PredictionCompletion, { status: 'succeeded' }>>(resultKey(id));
  const doctored = { ...end, result: { ...end.result, probability_malignant: 0.5 } };
  await worker.store.put(resultKey(id), Buffer.from(JSON.stringify(doctored)));
  await expect(processor.process(jobOf(id))).rejects.toThrow(ObjectMismatchError);
  expect(await worker.json(resultKey(id))).toEqual(doctored);
});

test('a stored result of which one digit changed is corrupt, not another result', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const bytes = await worker.store.get(resultKey(id));
  const digit = bytes.indexOf('"probability_malignant":0.') + '"probability_malignant":0.'.length;
  bytes[digit] = bytes[digit] === 0x39 ? 0x38 : 0x39;
  await worker.store.put(resultKey(id), bytes);
  await expect(readDocument(worker.store, resultKey(id), predictionCompletionShape)).rejects.toBeInstanceOf(
    ObjectCorruptError,
  );
});

test('the same result that a release without checksums wrote first stands', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const unsealed = Buffer.from(JSON.stringify(await worker.json(resultKey(id))));
  await worker.store.put(resultKey(id), unsealed);
  expect(await processor.process(jobOf(id))).toBe(true);
  expect(await worker.store.get(resultKey(id))).toEqual(unsealed);
});

test('another model than the pinned one is not scored with', async () => {
  const id = await worker.acceptPrediction({ model: { ...worker.pin, digest: `sha256:${'0'.repeat(64)}` } });
  await expect(processor.process(jobOf(id))).rejects.toThrow(ModelDigestError);
  expect([await worker.store.head(resultKey(id)), await worker.isPending(id)]).toEqual([undefined, true]);
});
