import {
  CANARY_TENANT,
  ChangeSubscriber,
  JobConsumer,
  type PredictionJob,
  createProducerConnection,
  createWorkerConnection,
  publishChange,
  queueNames,
} from '@cytoqueue/queue';
import { ModelRegistry } from '@cytoqueue/registry';
import { CleanupStack, createLogger } from '@cytoqueue/runtime';
import { ObjectKeys, type PredictionCompletion, type PredictionRequest } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RunningApi } from '../../test/running-api';
import { Canary } from './canary';
import { matchesExpected, canaryCases } from './canary-cases';

const releasers = new CleanupStack();
let redis: RedisProcess;
let api: RunningApi;
let outcome: string[];
let logged: string[];

beforeAll(async () => {
  redis = await RedisProcess.start();
  releasers.push('redis', () => redis.down());
  api = await RunningApi.start(redis.url);
  releasers.push('api', () => api.stop());
});

afterAll(() => releasers.releaseAll());

/** Runs the canaries of several processes until one has an outcome. */
async function watch(processes: number, patienceMs = 60_000): Promise<void> {
  [outcome, logged] = [[], []];
  const commands = createProducerConnection(redis.url, () => undefined);
  const notifications = new ChangeSubscriber(createWorkerConnection(redis.url, () => undefined));
  notifications.start();
  const metrics = {
    canarySucceeded: () => void outcome.push('answered'),
    canaryFailed: () => void outcome.push('failed'),
  };
  const destination = { write: (line: string) => void logged.push((JSON.parse(line) as { msg: string }).msg) };
  const logger = createLogger({ service: 'api', environment: 'test', level: 'error' }, destination);
  const parts = {
    store: api.store,
    producer: api.producer,
    registry: new ModelRegistry(api.store),
    notifications,
    redis: commands,
    metrics,
    logger,
  };
  const canaries = Array.from(
    { length: processes },
    () => new Canary({ ...parts, intervalSeconds: 1, timeoutMs: patienceMs }),
  );
  for (const canary of canaries) canary.start();
  await waitUntil('a canary has come back or not', () => outcome.length > 0);
  await Promise.all(canaries.map((canary) => canary.stop()));
  notifications.stop();
  commands.disconnect();
}

/** Simulates a worker that stores this result, and deletes it if the record was deleted meanwhile. */
async function withWorker(
  answer: (request: PredictionRequest) => Partial<Extract<PredictionCompletion, { status: 'succeeded' }>['result']>,
  use: () => Promise<void>,
): Promise<void> {
  const connection = createWorkerConnection(redis.url, () => undefined);
  const worker = new JobConsumer<PredictionJob>({
    queue: queueNames.predictions,
    connection,
    concurrency: 1,
    process: async ({ data: { tenant, predictionId } }) => {
      const [key, resultKey] = [
        ObjectKeys.predictionRequest(tenant, predictionId),
        ObjectKeys.predictionCompletion(tenant, predictionId),
      ];
      const request = await api.store.get(key).catch(() => undefined);
      if (request === undefined) return;
      const end = { status: 'succeeded', result: answer(JSON.parse(request.toString()) as PredictionRequest) };
      await api.store.putOnce(resultKey, Buffer.from(JSON.stringify(end)));
      await publishChange(connection, predictionId);
      if ((await api.store.head(key)) === undefined) await api.store.delete(resultKey);
    },
    onFailedForGood: async () => undefined,
    onError: () => undefined,
  });
  worker.start();
  try {
    await use();
  } finally {
    await worker.stop();
    connection.disconnect();
  }
}

function right({ features, model }: PredictionRequest) {
  const known = canaryCases.find((one) => JSON.stringify(one.features) === JSON.stringify(features));
  return {
    predicted_class: known?.predictedClass,
    probability_malignant: known?.probabilities[`${model.name}@${model.version}`],
  };
}

const leftBehind = async () => (await api.files()).filter((file) => file.includes(CANARY_TENANT));

test('several processes together get one correct result and leave nothing', async () => {
  await withWorker(right, () => watch(3));
  // Other processes would have sent theirs within the same second.
  expect(new Set(outcome)).toEqual(new Set(['answered']));
  expect(await leftBehind()).toEqual([]);
});

test('a wrong result is a failure', async () => {
  await withWorker(
    () => ({ predicted_class: 'benign', probability_malignant: 0.5 }),
    () => watch(1),
  );
  expect([outcome[0], logged[0]]).toEqual(['failed', 'the canary got a wrong result']);
});

test('no result is a failure and leaves nothing', async () => {
  await watch(1, 500);
  expect([outcome[0], logged[0]]).toEqual(['failed', 'the canary got no result in time']);
  expect(await leftBehind()).toEqual([]);
});

test('a result is compared exactly for shipped models and by class for others', () => {
  const [benign] = canaryCases;
  const answer = (probability: number, model: string) =>
    ({ result: { predicted_class: 'benign', probability_malignant: probability }, model }) as never;
  const probability = benign.probabilities['wbc-knn@1.0.0'] as number;
  expect(matchesExpected(benign, answer(probability, 'wbc-knn@1.0.0'))).toBe(true);
  expect(matchesExpected(benign, answer(probability * (1 + Number.EPSILON), 'wbc-knn@1.0.0'))).toBe(false);
  expect(matchesExpected(benign, answer(0.1, 'wbc-knn@2.0.0'))).toBe(true);
  expect(matchesExpected(canaryCases[1], answer(0.1, 'wbc-knn@2.0.0'))).toBe(false);
  expect(matchesExpected(benign, undefined)).toBe(false);
});
