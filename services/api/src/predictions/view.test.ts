import { Consumer, type PredictionJob, createWorkerConnection, queueNames } from '@cytoqueue/queue';
import { RedisProcess } from '../../../../test/src/redis-process';
import { waitUntil } from '../../../../test/src/wait-until';
import { RECORD, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

const statusOf = async (id: string) => ((await (await api.fetch(`/v1/predictions/${id}`)).json()) as { status: string }).status;

test('a prediction goes from queued to processing and never back, also while its result is on the way', async () => {
  const id = await api.predict(RECORD);
  expect(await statusOf(id)).toBe('queued');
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const connection = createWorkerConnection(redis.url, () => undefined);
  const ignore = async () => undefined;
  const worker = new Consumer<PredictionJob>({
    queue: queueNames.predictions, connection, concurrency: 1, process: () => finished, onGivenUp: ignore, onError: () => undefined,
  });
  worker.start();
  await waitUntil('it is being processed', async () => (await statusOf(id)) === 'processing');
  finish();
  await waitUntil('its job is done', async () => (await api.producer.predictionState(id)) === 'completed');
  expect(await statusOf(id)).toBe('processing');
  await worker.stop();
  connection.disconnect();
});
