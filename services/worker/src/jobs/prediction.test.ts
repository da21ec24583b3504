import { ModelDigestError } from '@cytoqueue/registry';
import { ObjectCorruptError, ObjectMismatchError } from '@cytoqueue/storage';
import { ObjectKeys, type PredictionCompletion, predictionCompletionShape, readDocument } from '@cytoqueue/records';
import { RunningWorker, TENANT } from '../../test/running-worker';
import { PredictionProcessor } from './prediction';
import { Predictors } from './predictors';

let worker: RunningWorker;
let processor: PredictionProcessor;

beforeAll(async () => {
  worker = await RunningWorker.start();
  processor = new PredictionProcessor(worker.deps);
});

afterAll(() => worker?.stop());

const jobOf = (predictionId: string) => ({ v: 1 as const, tenant: TENANT, predictionId });
const resultKey = (id: string) => ObjectKeys.predictionCompletion(TENANT, id);
const putCompletion = (id: string, completion: PredictionCompletion) =>
  worker.store.putOnce(resultKey(id), Buffer.from(JSON.stringify(completion)));

test('a redelivery to any worker leaves the same bytes', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const [bytes, info] = [await worker.store.get(resultKey(id)), await worker.store.head(resultKey(id))];
  await Promise.all([processor.process(jobOf(id)), new PredictionProcessor(worker.deps).process(jobOf(id))]);
  expect(await worker.store.get(resultKey(id))).toEqual(bytes);
  expect(await worker.store.head(resultKey(id))).toEqual(info);
  await processor.cleanUp(jobOf(id));
  expect(await worker.isPending(id)).toBe(false);
  expect(JSON.parse(bytes.toString())).toMatchObject({
    status: 'succeeded',
    result: { predicted_class: 'benign', missing_features: ['bare_nuclei'] },
  });
});

test('a copy of a record gets the same result from memory, at another operating point its own', async () => {
  const predictors = new Predictors(worker.deps.registry);
  const remembering = new PredictionProcessor(worker.deps, predictors);
  const resultOf = async (change: Parameters<RunningWorker['acceptPrediction']>[0], by: PredictionProcessor) => {
    const id = await worker.acceptPrediction(change);
    await by.process(jobOf(id));
    const { result } = await worker.json<Extract<PredictionCompletion, { status: 'succeeded' }>>(resultKey(id));
    return result;
  };
  const first = await resultOf({}, remembering);
  const copy = await resultOf({ sample_id: 'copy' }, remembering);
  const sensitive = await resultOf({ operating_point: 'sensitivity99' }, remembering);
  const computed = await resultOf({ operating_point: 'sensitivity99' }, new PredictionProcessor(worker.deps));
  expect(copy).toEqual(first);
  expect(sensitive).toEqual(computed);
  expect(sensitive.operating_point).not.toEqual(first.operating_point);
  expect((await predictors.load(worker.pin)).cachedResults.size).toBe(2);
});

test('a canceled prediction stays canceled, even when its job fails permanently', async () => {
  const id = await worker.acceptPrediction();
  await putCompletion(id, { status: 'canceled' });
  await processor.process(jobOf(id));
  await processor.fail(jobOf(id));
  expect(await worker.json(resultKey(id))).toEqual({ status: 'canceled' });
  expect(await worker.isPending(id)).toBe(false);
});

test('a permanent failure is stored, unless there is a result already', async () => {
  const [lost, scored] = [await worker.acceptPrediction(), await worker.acceptPrediction()];
  await processor.fail(jobOf(lost));
  expect(await worker.json(resultKey(lost))).toMatchObject({ status: 'failed', error: { code: 'scoring-failed' } });
  await processor.process(jobOf(scored));
  await processor.fail(jobOf(scored));
  expect(await worker.json(resultKey(scored))).toMatchObject({ status: 'succeeded' });
  expect([await worker.isPending(lost), await worker.isPending(scored)]).toEqual([false, false]);
});

test('a failure that is stored already stays without an alarm, whatever its text', async () => {
  const id = await worker.acceptPrediction();
  const earlier: PredictionCompletion = { status: 'failed', error: { code: 'scoring-failed', detail: 'Not scored.' } };
  await putCompletion(id, earlier);
  await processor.fail(jobOf(id));
  expect(await worker.json(resultKey(id))).toEqual(earlier);
  expect(await worker.isPending(id)).toBe(false);
});

test('a record that the API rolled back leaves nothing', async () => {
  const id = await worker.acceptPrediction();
  await worker.store.delete(ObjectKeys.predictionRequest(TENANT, id));
  await processor.process(jobOf(id));
  expect(await worker.store.head(resultKey(id))).toBeUndefined();
});

test('a record that was deleted while it was scored leaves no result', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  await worker.store.delete(ObjectKeys.predictionRequest(TENANT, id));
  await processor.cleanUp(jobOf(id));
  expect([await worker.store.head(resultKey(id)), await worker.isPending(id)]).toEqual([undefined, false]);
});

test('a different result of the same record raises an alarm and replaces nothing', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const end = await worker.json<Extract<PredictionCompletion, { status: 'succeeded' }>>(resultKey(id));
  const doctored = { ...end, result: { ...end.result, probability_malignant: 0.5 } };
  await worker.store.put(resultKey(id), Buffer.from(JSON.stringify(doctored)));
  await expect(processor.process(jobOf(id))).rejects.toThrow(ObjectMismatchError);
  expect(await worker.json(resultKey(id))).toEqual(doctored);
});

test('the result of an earlier release, which names no record, stays without an alarm', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const {
    format,
    id: owner,
    ...end
  } = await worker.json<Extract<PredictionCompletion, { status: 'succeeded' }>>(resultKey(id));
  expect([format, owner]).toEqual([3, id]);
  const earlier = { ...end, result: { ...end.result, evidence: {} } } as PredictionCompletion;
  await worker.store.put(resultKey(id), Buffer.from(JSON.stringify(earlier)));
  expect(await processor.process(jobOf(id))).toBe(false);
  expect(await worker.json(resultKey(id))).toEqual(earlier);
});

test('a stored result with one changed digit is corrupt, not a different result', async () => {
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

test('the same result stays when a release without checksums wrote it first', async () => {
  const id = await worker.acceptPrediction();
  await processor.process(jobOf(id));
  const unsealed = Buffer.from(JSON.stringify(await worker.json(resultKey(id))));
  await worker.store.put(resultKey(id), unsealed);
  expect(await processor.process(jobOf(id))).toBe(true);
  expect(await worker.store.get(resultKey(id))).toEqual(unsealed);
});

test('rejects a model that differs from the pinned one', async () => {
  const id = await worker.acceptPrediction({ model: { ...worker.pin, digest: `sha256:${'0'.repeat(64)}` } });
  await expect(processor.process(jobOf(id))).rejects.toThrow(ModelDigestError);
  expect([await worker.store.head(resultKey(id)), await worker.isPending(id)]).toEqual([undefined, true]);
});
