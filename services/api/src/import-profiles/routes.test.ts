import { RedisProcess } from '../../../../test/src/support/redis-process';
import { ObjectKeys, sealDocument } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { thyroidModel } from '../../../../test/src/support/third-schema';
import { RunningApi } from '../../test/running-api';

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

const send = (method: string, name = '', content?: object) =>
  api.fetch(`/v1/import-profiles${name}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: content && JSON.stringify(content),
  });
const list = async () => ((await (await send('GET')).json()) as { data: object[] }).data;

test('a damaged profile is listed as damaged beside the others, can be replaced and can be deleted', async () => {
  for (const name of ['a', 'b']) expect((await send('PUT', `/${name}`, { decimal: ',' })).status).toBe(200);
  const damage = () => api.store.put(ObjectKeys.importProfile(api.tenant, 'a'), Buffer.from('{"decimal'));
  await damage();
  expect((await send('GET', '/a')).status).toBe(409);
  expect(await list()).toEqual([
    { name: 'a', error: { code: 'object-damaged', detail: expect.any(String) } },
    { name: 'b', decimal: ',' },
  ]);
  expect((await send('PUT', '/a', { decimal: ',' })).status).toBe(200);
  await damage();
  expect([(await send('DELETE', '/a')).status, (await send('DELETE', '/a')).status]).toEqual([204, 404]);
  expect(await list()).toEqual([{ name: 'b', decimal: ',' }]);
});

test('a profile is saved with a warning for each name that no model has as a feature', async () => {
  const columns = { epithelium: 'Epithelial', clump_thickness: 'Dicke', radius_mean: 'r', id: 'Nr', tsh: 'TSH' };
  const warnings = async () =>
    ((await (await send('PUT', '/names', { columns })).json()) as { warnings: object[] }).warnings;
  const epithelium = {
    code: 'unknown-name',
    detail: expect.stringMatching(
      /^no model has a feature "epithelium", .*\(did you mean single_epithelial_cell_size\?\)$/,
    ),
  };
  const tsh = { code: 'unknown-name', detail: 'no model has a feature "tsh", so its column is not used' };
  expect(await warnings()).toEqual([epithelium, tsh]);
  expect(await (await send('GET', '/names')).json()).toEqual({ name: 'names', columns });
  await new ModelRegistry(api.store).ofTenant(api.tenant).add(Buffer.from(thyroidModel('mylab')));
  expect(await warnings()).toEqual([epithelium]);
});

test('a profile that is deleted while the list is read is left out', async () => {
  for (const name of ['a', 'b']) await send('PUT', `/${name}`, { decimal: ',' });
  const get = api.store.get.bind(api.store);
  const reading = jest.spyOn(api.store, 'get').mockImplementation(async (key, buffer) => {
    if (key.endsWith('/a.json')) await api.store.delete(key);
    return get(key, buffer);
  });
  expect(await list()).toEqual([{ name: 'b', decimal: ',' }]);
  reading.mockRestore();
});

test('requests at the same time do not pass the limit of profiles', async () => {
  const create = (name: string) =>
    api.store.put(ObjectKeys.importProfile(api.tenant, name), sealDocument({ decimal: ',' }));
  await Promise.all(Array.from({ length: 98 }, (_, index) => create(`stored-${index}`)));
  await Promise.all(Array.from({ length: 12 }, (_, index) => send('PUT', `/new-${index}`, { decimal: ',' })));
  expect((await list()).length).toBeLessThanOrEqual(100);
  expect((await send('PUT', '/stored-7', { decimal: '.' })).status).toBe(200);
});

test('profiles are stored with the settings: the retention of patient data does not remove them', () => {
  expect(ObjectKeys.importProfile('lab', 'a')).toBe('import-profiles/lab/a.json');
});
