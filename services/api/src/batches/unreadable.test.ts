import { ObjectKeys } from '@cytoqueue/records';
import { replaceByLinkLoop } from '../../../../test/src/support/link-loop';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';
import { batch as batchSchema, prediction as predictionSchema } from '../http/response-schemas';

/* One stored object cannot be read although the store responds: its own batch or record reports it, others are unaffected. */

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

beforeEach(() => api.assignKeys());

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

interface Answer {
  type?: string;
  detail?: string;
  data: { id: string; status: string; error?: { code: string } }[];
}
const send = async (method: string, path: string) => {
  const response = await api.fetch(path, {
    method,
    ...(method === 'GET' && path.startsWith('/v1/audit') && { role: 'admin' as const }),
  });
  return { status: response.status, json: (await response.json().catch(() => ({}))) as Answer };
};
const listed = async (path: string) => {
  const { status, json } = await send('GET', path);
  return { status, items: Object.fromEntries(json.data.map(({ id, error }) => [id, error?.code])), data: json.data };
};
const UNREADABLE = 'urn:cytoqueue:problem:object-unreadable';

async function upload(): Promise<string> {
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW.repeat(3),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

test.each([
  ['description', (tenant: string, id: string) => ObjectKeys.batchDocument(tenant, id)],
  ['manifest', (tenant: string, id: string) => ObjectKeys.runManifest(tenant, id, 1)],
])(
  'a batch whose %s cannot be read is listed with the reason, answers a problem that names it, and can be deleted',
  async (_, keyOf) => {
    const [id, other] = [await upload(), await upload()];
    const key = keyOf(api.tenant, id);
    await api.store.put(key, Buffer.from('{}'));
    replaceByLinkLoop(api.store.url, key);
    const list = await listed('/v1/batches');
    expect(list).toMatchObject({ status: 200, items: { [id]: 'object-unreadable', [other]: undefined } });
    for (const item of list.data) expect(batchSchema.safeParse(item).success).toBe(true);
    expect(await listed('/v1/batches?status=failed')).toMatchObject({
      status: 200,
      items: { [id]: 'object-unreadable' },
    });
    const one = await send('GET', `/v1/batches/${id}`);
    expect(one).toMatchObject({ status: 500, json: { type: UNREADABLE } });
    expect(one.json.detail).toContain(key);
    expect(
      api.logged.some(
        (line) => JSON.stringify(line).includes('object-unreadable') && JSON.stringify(line).includes(id),
      ),
    ).toBe(true);
    // Sizes are read from the store again, and a new upload is accepted.
    await api.commands.flushall();
    const third = await upload();
    expect((await send('DELETE', `/v1/batches/${id}`)).status).toBe(204);
    expect((await send('GET', `/v1/batches/${id}`)).status).toBe(404);
    expect(Object.keys((await listed('/v1/batches')).items).sort()).toEqual([other, third].sort());
  },
);

test.each([
  ['request', ObjectKeys.predictionRequest.bind(ObjectKeys)],
  ['result', ObjectKeys.predictionCompletion.bind(ObjectKeys)],
])(
  'a record whose %s cannot be read is listed with the reason, and answers a problem that names it',
  async (_, keyOf) => {
    const [id, other] = [await api.predict(RECORD), await api.predict(RECORD)];
    await api.storeJournal();
    replaceByLinkLoop(api.store.url, keyOf(api.tenant, id));
    const list = await listed('/v1/predictions');
    expect(list).toMatchObject({ status: 200, items: { [id]: 'object-unreadable', [other]: undefined } });
    for (const item of list.data) expect(predictionSchema.safeParse(item).success).toBe(true);
    expect(await send('GET', `/v1/predictions/${id}`)).toMatchObject({ status: 500, json: { type: UNREADABLE } });
  },
);

test('a part of the audit log that cannot be read is listed as damaged, and a model as one without a champion', async () => {
  await upload();
  await api.audit.flush();
  const { objects } = await api.store.list({ prefix: ObjectKeys.auditFolder(api.tenant) });
  replaceByLinkLoop(api.store.url, objects[0]?.key as string);
  const audit = await send('GET', '/v1/audit?limit=100');
  expect(audit.status).toBe(200);
  expect(JSON.stringify(audit.json)).toContain('audit.damaged');
  replaceByLinkLoop(api.store.url, ObjectKeys.champion('wdbc-knn'));
  const models = await send('GET', '/v1/models');
  expect(models.status).toBe(200);
  expect(models.json.data).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'wdbc-knn', champion: null }),
      expect.objectContaining({ name: 'wbc-knn' }),
    ]),
  );
});
