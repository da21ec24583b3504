import { QueueUnavailableError } from '@cytoqueue/queue';
import { ObjectKeys, TrainingKeys } from '@cytoqueue/records';
import { StoreUnavailableError } from '@cytoqueue/storage';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { failing } from '../../test/failing';
import { RunningApi } from '../../test/running-api';
import { LABELLED_FILE, TRAININGS, TRAIN_LABELLED, TrainingRequests } from '../../test/training-requests';

let redis: RedisProcess;
let api: RunningApi;
let requests: TrainingRequests;

beforeAll(async () => {
  redis = await RedisProcess.start();
});

beforeEach(async () => {
  api = await RunningApi.start(redis.url);
  requests = new TrainingRequests(api);
  await api.commands.flushall();
});

afterEach(() => api.stop());
afterAll(() => redis?.down());

const away = new StoreUnavailableError('away');
const atKey = (part: string) => ((key: string) => key.includes(part)) as never;
const withKey = { 'idempotency-key': 'k' };

test.each([
  ['input', 'put', '/input'],
  ['import', 'put', '/canonical.csv'],
  ['removal of the imported rows', 'delete', '/canonical.csv'],
  ['rows', 'put', '/rows'],
  ['document', 'put', '/training.json'],
  ['marker', 'put', 'pending/'],
] as const)('a training whose %s cannot be stored leaves nothing, and its quota is released', async (_, name, part) => {
  failing(api.store, name, 1, away, atKey(part));
  expect((await requests.post(LABELLED_FILE)).status).toBe(503);
  await waitUntil('nothing is left', async () => (await api.files()).length === 0);
  const total = () => api.commands.hget('cytoqueue:stored-inputs:lab', 'total');
  await waitUntil('nothing of it is counted', async () => (await total()) === '0');
});

test('a training that Redis does not take leaves nothing', async () => {
  failing(api.producer, 'assertAvailable', 1, new QueueUnavailableError('away'));
  expect((await requests.post(LABELLED_FILE)).status).toBe(503);
  await waitUntil('nothing is left', async () => (await api.files()).length === 0);
});

test('a training whose job cannot be enqueued at once is accepted and enqueued later', async () => {
  failing(api.producer, 'enqueueTraining', 1, new QueueUnavailableError('timed out'));
  const { status, json } = await requests.post(LABELLED_FILE);
  expect([status, json.status]).toEqual([202, 'queued']);
  await waitUntil('it is enqueued', async () => (await api.producer.trainingState(json.id)) === 'queued');
});

test('when the marker cannot be written and the request has a key, repeating the key completes the training', async () => {
  failing(api.store, 'put', 1, away, atKey('pending/'));
  expect((await requests.post(LABELLED_FILE, TRAIN_LABELLED, withKey)).status).toBe(503);
  const { status, json } = await requests.post(LABELLED_FILE, TRAIN_LABELLED, withKey);
  expect(status).toBe(202);
  await waitUntil('it is enqueued', async () => (await api.producer.trainingState(json.id)) === 'queued');
  expect((await api.files()).filter((file) => file.endsWith('/input'))).toHaveLength(1);
});

test('of two concurrent requests with one key, one training stays', async () => {
  const answers = await Promise.all([1, 2].map(() => requests.post(LABELLED_FILE, TRAIN_LABELLED, withKey)));
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
  const inputs = async () => (await api.files()).filter((file) => file.endsWith('/input'));
  await waitUntil('the other one is rolled back', async () => (await inputs()).length === 1);
});

test('a key whose training was deleted can be used again', async () => {
  const { id } = (await requests.post(LABELLED_FILE, TRAIN_LABELLED, withKey)).json;
  await requests.send('POST', `${TRAININGS}/${id}/cancel`);
  await requests.send('DELETE', `${TRAININGS}/${id}`);
  const again = await requests.post(LABELLED_FILE, TRAIN_LABELLED, withKey);
  expect(again.status).toBe(202);
  expect(again.json.id).not.toBe(id);
});

test('a DELETE that fails midway can be repeated until nothing is left', async () => {
  const { id } = (await requests.post(LABELLED_FILE)).json;
  await requests.send('POST', `${TRAININGS}/${id}/cancel`);
  failing(api.store, 'delete', 1, away, atKey('/training.json'));
  expect((await requests.send('DELETE', `${TRAININGS}/${id}`)).status).toBe(503);
  expect(await api.store.head(TrainingKeys.input(api.tenant, id))).toBeUndefined();
  expect((await requests.send('DELETE', `${TRAININGS}/${id}`)).status).toBe(204);
  expect(await api.files()).toEqual([]);
});

test('a training whose marker is lost after its first fold gets it back when it is read', async () => {
  const { id } = (await requests.post(LABELLED_FILE)).json;
  await api.store.put(TrainingKeys.fold(api.tenant, id, 1), Buffer.from('{}'));
  await api.store.delete(ObjectKeys.pending(api.tenant, id));
  expect((await requests.send('GET', `${TRAININGS}/${id}`)).json).toMatchObject({ status: 'processing' });
  expect(await api.store.head(ObjectKeys.pending(api.tenant, id))).toBeDefined();
});
