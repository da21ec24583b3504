import { type ManifestDocument, ObjectKeys } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { thyroidCsv, thyroidModel, thyroidRows } from '../../../../test/src/support/third-schema';
import { RunningApi } from '../../test/running-api';

const MODEL_DELETED = 'urn:cytoqueue:problem:model-deleted';

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

const own = () => new ModelRegistry(api.store).ofTenant(api.tenant);

async function post(path: string, body?: string) {
  const headers = { 'content-type': body === undefined ? 'application/json' : 'text/csv' };
  const response = await api.fetch(path, { method: 'POST', headers, body });
  return { status: response.status, json: (await response.json()) as { id: string; type?: string } };
}

/** @returns the id of a batch that no worker has scored */
async function upload(model: string, query = ''): Promise<string> {
  const { status, json } = await post(`/v1/batches?model=${model}${query}`, thyroidCsv(thyroidRows(3)));
  expect(status).toBe(202);
  return json.id;
}

test('partial files of a deleted model stay, except for results with evidence, whose columns its schema names', async () => {
  const { version } = await own().add(Buffer.from(thyroidModel('partial-knn')));
  const model = `own/partial-knn@${version}`;
  const [plain, explained] = [await upload(model), await upload(model, '&explain=true')];
  await own().delete('partial-knn', version);
  const get = (id: string, file: string) => api.fetch(`/v1/batches/${id}/${file}?partial=true`);
  const results = await get(plain, 'results');
  expect(results.status).toBe(200);
  expect(await results.text()).toContain(';probability_positive;');
  for (const id of [plain, explained]) {
    const errors = await get(id, 'errors');
    expect([errors.status, (await errors.text()).includes(';error_code;')]).toEqual([200, true]);
  }
  const gone = await get(explained, 'results');
  expect([gone.status, await gone.json()]).toMatchObject([410, { type: MODEL_DELETED }]);
});

test.each(['current', 'previous'])(
  'a rescored batch whose %s own model was deleted cannot be retried',
  async (deleted) => {
    for (const name of ['current', 'previous']) await own().add(Buffer.from(thyroidModel(name)));
    const { versions } = (await own().find(deleted))!;
    const newest = async (name: string) => `own/${name}@${(await own().find(name))!.versions.at(-1)}`;
    const source = await upload(await newest('previous'));
    const { status, json } = await post(`/v1/batches/${source}/rescore?model=${await newest('current')}`);
    expect(status).toBe(202);
    const manifest: ManifestDocument = {
      run: 1,
      status: 'failed',
      counts: { total: 3, pending: 0, succeeded: 0, rejected: 0, failed: 3 },
      summary: { benign: 0, malignant: 0, indeterminate: 0, missing_features: 0 },
      failed_shards: [0],
    };
    await api.store.put(ObjectKeys.runManifest(api.tenant, json.id, 1), Buffer.from(JSON.stringify(manifest)));
    await own().delete(deleted, versions.at(-1)!);
    expect(await post(`/v1/batches/${json.id}/retry`)).toMatchObject({ status: 410, json: { type: MODEL_DELETED } });
    expect(await api.store.head(ObjectKeys.runDocument(api.tenant, json.id, 2))).toBeUndefined();
  },
);
