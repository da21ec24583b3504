import { JobConsumer, type PredictionJob, createWorkerConnection, queueNames } from '@cytoqueue/queue';
import { ObjectKeys, createId, putCompletion } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
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

const statusOf = async (id: string) =>
  ((await (await api.fetch(`/v1/predictions/${id}`)).json()) as { status: string }).status;

test('a prediction never goes back from processing to queued, even while its result is being written', async () => {
  const id = await api.predict(RECORD);
  expect(await statusOf(id)).toBe('queued');
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const connection = createWorkerConnection(redis.url, () => undefined);
  const ignore = async () => undefined;
  const worker = new JobConsumer<PredictionJob>({
    queue: queueNames.predictions,
    connection,
    concurrency: 1,
    process: () => finished,
    onFailedForGood: ignore,
    onError: () => undefined,
  });
  worker.start();
  await waitUntil('it is being processed', async () => (await statusOf(id)) === 'processing');
  finish();
  await waitUntil('its job is done', async () => (await api.producer.singleRecords.state(id)) === 'completed');
  expect(await statusOf(id)).toBe('processing');
  await worker.stop();
  connection.disconnect();
});

test('a prediction whose job is no longer found has its result, although its marker is still there', async () => {
  const id = await api.predict(RECORD);
  const { singleRecords } = api.producer;
  const state = jest.spyOn(singleRecords, 'state').mockImplementation(async () => {
    await putCompletion(api.store, ObjectKeys.predictionCompletion(api.tenant, id), { status: 'canceled' });
    return 'unknown';
  });
  expect(await statusOf(id)).toBe('canceled');
  state.mockRestore();
});

test('a prediction exists once its pending marker is written, whatever Redis contains', async () => {
  const accepted = await api.predict(RECORD);
  const request = JSON.parse(
    (await api.store.get(ObjectKeys.predictionRequest(api.tenant, accepted))).toString(),
  ) as object;
  const id = createId('pred_');
  await api.store.put(ObjectKeys.predictionRequest(api.tenant, id), Buffer.from(JSON.stringify({ ...request, id })));
  const listed = async () =>
    ((await (await api.fetch('/v1/predictions')).json()) as { data: { id: string }[] }).data.map((item) => item.id);
  expect((await api.fetch(`/v1/predictions/${id}`)).status).toBe(404);
  expect(await listed()).not.toContain(id);
  await api.store.put(ObjectKeys.pending(api.tenant, id), Buffer.alloc(0));
  expect(await statusOf(id)).toBe('queued');
  expect(await listed()).toEqual(expect.arrayContaining([id, accepted]));
});
