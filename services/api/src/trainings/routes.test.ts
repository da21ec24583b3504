import { ObjectKeys, TrainingKeys, createId, putDocument, putDocumentOnce } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RunningApi } from '../../test/running-api';
import { LABELLED_FILE, TRAININGS, TrainingRequests } from '../../test/training-requests';

let redis: RedisProcess;
let api: RunningApi;
let requests: TrainingRequests;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  requests = new TrainingRequests(api);
});

beforeEach(() => api.assignKeys());

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

describe('the state of a training', () => {
  const fold = (id: string, number: number) =>
    putDocument(api.store, TrainingKeys.fold(api.tenant, id, number), { probabilities: [], confident: [] });
  const finish = async (id: string, result: object) => {
    await putDocumentOnce(api.store, TrainingKeys.result(api.tenant, id), {
      completed_at: new Date().toISOString(),
      ...result,
    });
    await api.store.delete(ObjectKeys.pending(api.tenant, id));
  };
  const evaluation = {
    folds: 10,
    repetitions: 5,
    coverage: 0.9,
    cv: { accuracy: 0.9 },
    cv_intervals: { accuracy: [0.8, 1] },
  };
  const succeeded = { status: 'succeeded', model: { name: 'own/mylab', version: '3', digest: 'sha256:0' }, evaluation };

  test('counts folds, and is final with the model and its evaluation', async () => {
    const { id } = (await requests.post(LABELLED_FILE)).json;
    await fold(id, 1);
    expect((await requests.send('GET', `${TRAININGS}/${id}`)).json).toMatchObject({
      status: 'processing',
      progress: 0.95 / 50,
      eta_seconds: expect.any(Number) as number,
    });
    await fold(id, 2);
    expect((await requests.send('GET', `${TRAININGS}/${id}`)).json).toMatchObject({ progress: (0.95 * 2) / 50 });
    await finish(id, succeeded);
    expect((await requests.send('GET', `${TRAININGS}/${id}`)).json).toMatchObject({
      status: 'succeeded',
      progress: 1,
      eta_seconds: 0,
      completed_at: expect.any(String) as string,
      model: 'own/mylab@3',
      evaluation,
      links: { model: '/v1/models/own/mylab/versions/3' },
    });
  });

  test('is streamed until it is final', async () => {
    const { id } = (await requests.post(LABELLED_FILE)).json;
    const response = await api.fetch(`${TRAININGS}/${id}/events`, { role: 'admin' });
    await requests.send('POST', `${TRAININGS}/${id}/cancel`);
    const events = (await response.text()).split('\n\n').filter((event) => event.includes('data: '));
    expect(events.map((event) => /^id: (.*)$/m.exec(event)?.[1])).toEqual(['queued-0', 'canceled-1']);
    const again = await api.fetch(`${TRAININGS}/${id}/events`, {
      role: 'admin',
      headers: { 'last-event-id': 'canceled-1' },
    });
    expect(again.status).toBe(204);
  });

  test('is canceled once, and not after another end', async () => {
    const { id } = (await requests.post(LABELLED_FILE)).json;
    for (let time = 0; time < 2; time++)
      expect(await requests.send('POST', `${TRAININGS}/${id}/cancel`)).toMatchObject({
        status: 202,
        json: { status: 'canceled' },
      });
    expect(await api.store.head(ObjectKeys.pending(api.tenant, id))).toBeUndefined();
    const other = (await requests.post(LABELLED_FILE)).json.id;
    await finish(other, succeeded);
    expect((await requests.send('POST', `${TRAININGS}/${other}/cancel`)).status).toBe(409);
  });

  test('is deleted when it is final, and its quota is released', async () => {
    api.assignKeys({ limits: { stored_bytes: 3 * LABELLED_FILE.length + 10_000 } });
    const { id } = (await requests.post(LABELLED_FILE)).json;
    expect(await requests.send('DELETE', `${TRAININGS}/${id}`)).toMatchObject({ status: 409 });
    expect((await requests.post(LABELLED_FILE)).status).toBe(413);
    await finish(id, { status: 'failed', error: { code: 'separable', detail: 'x' } });
    expect((await requests.send('GET', `${TRAININGS}/${id}`)).json).toMatchObject({
      error: { code: 'separable', detail: 'x' },
    });
    expect((await requests.send('DELETE', `${TRAININGS}/${id}`)).status).toBe(204);
    await waitUntil('nothing of it is left', async () => (await requests.storedKeys()).length === 0);
    expect((await requests.send('GET', `${TRAININGS}/${id}`)).status).toBe(404);
    expect((await requests.post(LABELLED_FILE)).status).toBe(202);
  });

  test('is listed newest first, without requests that were not accepted', async () => {
    const ids: string[] = [];
    for (let training = 0; training < 3; training++) ids.unshift((await requests.post(LABELLED_FILE)).json.id);
    await api.store.put(TrainingKeys.input(api.tenant, createId('training_')), Buffer.from('x'));
    const { json } = await requests.send('GET', `${TRAININGS}?limit=2`);
    const page = json as unknown as { data: { id: string }[]; has_more: boolean; last_id: string };
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([ids.slice(0, 2), true]);
    const next = (await requests.send('GET', `${TRAININGS}?limit=2&after=${page.last_id}`))
      .json as unknown as typeof page;
    expect([next.data.map(({ id }) => id), next.has_more]).toEqual([ids.slice(2), false]);
  });

  test('is failed when its document is damaged, and can be deleted then', async () => {
    const { id } = (await requests.post(LABELLED_FILE)).json;
    await api.store.put(TrainingKeys.document(api.tenant, id), Buffer.from('{"id":'));
    const damaged = { status: 'failed', error: { code: 'object-damaged' } };
    expect((await requests.send('GET', `${TRAININGS}/${id}`)).json).toMatchObject(damaged);
    expect((await requests.send('GET', TRAININGS)).json).toMatchObject({ data: [damaged] });
    expect((await requests.send('DELETE', `${TRAININGS}/${id}`)).status).toBe(204);
  });

  test('answers 410 once it has expired, whether it existed or not', async () => {
    const id = createId('training_', Date.now() - 31 * 86_400_000);
    expect(await requests.send('GET', `${TRAININGS}/${id}`)).toMatchObject({
      status: 410,
      json: { type: 'urn:cytoqueue:problem:expired' },
    });
  });

  test('is not found by another tenant', async () => {
    const owner = api.tenant;
    const { id } = (await requests.post(LABELLED_FILE)).json;
    api.assignKeys();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const)
      expect((await requests.send(method, `${TRAININGS}/${id}${path}`)).status).toBe(404);
    expect((await requests.send('GET', TRAININGS)).json).toMatchObject({ data: [] });
    expect(await api.store.head(TrainingKeys.document(owner, id))).toBeDefined();
  });
});
