import { finish, run, score, upload } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { addOwnModel } from '../support/own-model';
import { whilePaused } from '../support/paused-workers';
import { readCsv } from '../support/records';
import { thyroidCsv, thyroidRows, thyroidSchema } from '../support/third-schema';
import { waitUntil } from '../support/wait-until';
import type { SharedStack } from './shared-stack';

const NAME = 'own/relapse-knn';
const VERSIONS = `/v1/models/${NAME}/versions`;
const features = Object.fromEntries(
  thyroidSchema.features.map(({ name }, index) => [name, thyroidRows()[0]?.sample[index] ?? null]),
);

/** Each test uses the versions that the tests before it have left. */
export function ownModelCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;
  let other: ContractClient;

  beforeAll(async () => {
    client = await connect('own-models');
    other = await connect('other-tenant');
  });

  const addVersion = () => addOwnModel(stack().dataDir, 'own-models');
  const promote = (version: string) =>
    client.post(`/v1/models/${NAME}/champion`, { json: { version, accept_unknown: true } });
  const predict = (from: ContractClient, model: string) =>
    from.post('/v1/predictions', { json: { model, features }, headers: { prefer: 'wait=20' } });

  test('a version is stored for one tenant, promoted by its admin, and scores its records and files', async () => {
    await addVersion();
    await addVersion();
    expect(await predict(client, NAME)).toMatchObject({
      status: 409,
      json: { type: 'urn:cytoqueue:problem:no-champion' },
    });
    expect((await promote('1')).json).toMatchObject({ name: NAME, champion: '1', versions: ['1', '2'] });
    const { model, result } = await score(client, { model: NAME, features });
    expect(model).toMatchObject({ name: NAME, version: '1' });
    expect(result).toMatchObject({ positive_class: 'relapsed' });
    const { batch, results } = await run(client, thyroidCsv(thyroidRows(30)), `?model=${NAME}@2`);
    expect(batch).toMatchObject({ status: 'succeeded', model: { name: NAME, version: '2' } });
    expect(readCsv(results.text, ';')[0]).toMatchObject({ model: `${NAME}@2` });
    const { json: version } = await client.get(`${VERSIONS}/2`);
    expect(version).toMatchObject({ name: NAME, version: '2', labels: ['euthyroid', 'relapsed'], comparisons: [] });
    expect((await client.get(`/v1/models/${NAME}`)).json).toMatchObject({ links: { self: `/v1/models/${NAME}` } });
    expect((await client.get('/v1/models')).json.data.map(({ name }: { name: string }) => name)).toContain(NAME);
  });

  test('another tenant does not see it, is refused scoring, and cannot change it', async () => {
    expect((await other.get('/v1/models')).text).not.toContain('own/');
    const requests = [
      other.get(`/v1/models/${NAME}`),
      other.get(`${VERSIONS}/1`),
      other.call('delete', `${VERSIONS}/2`),
      other.post(`/v1/models/${NAME}/champion`, { json: { version: '2', accept_unknown: true } }),
    ];
    for (const { status } of await Promise.all(requests)) expect(status).toBe(404);
    for (const model of [NAME, `${NAME}@1`, `own/own-models/relapse-knn@1`]) {
      const refused = await predict(other, model);
      expect(refused.status).toBe(422);
      expect(refused.json.errors).toMatchObject([{ field: 'model', code: 'unknown-model' }]);
      const file = { body: thyroidCsv(thyroidRows(3)), headers: { 'content-type': 'text/csv' } };
      expect((await other.post(`/v1/batches?model=${encodeURIComponent(model)}`, file)).status).toBe(422);
    }
    expect((await client.get(`/v1/models/${NAME}`)).json.champion).toBe('1');
  });

  test('deleting a version ends the batch and the record that wait for it, and what needs its rows is gone', async () => {
    const { id: finished } = await run(client, thyroidCsv(thyroidRows(12)), `?model=${NAME}@2`);
    expect((await client.call('delete', `${VERSIONS}/1`)).json).toMatchObject({
      type: 'urn:cytoqueue:problem:champion-in-use',
    });
    const { batch, record } = await whilePaused(stack().dataDir, async () => {
      const waiting = await upload(client, thyroidCsv(thyroidRows(40)), `?model=${NAME}@2`);
      const { json } = await client.post('/v1/predictions', { json: { model: `${NAME}@2`, features } });
      expect((await client.call('delete', `${VERSIONS}/2`)).status).toBe(204);
      return { batch: waiting, record: json.id as string };
    });
    const error = { code: 'model-deleted' };
    expect(await finish(client, batch)).toMatchObject({ status: 'failed', error, counts: { failed: 40 } });
    const failed = await waitUntil('the record has ended', async () => {
      const { json } = await client.get(`/v1/predictions/${record}`);
      return json.status === 'failed' && json;
    });
    expect(failed).toMatchObject({ error });
    expect((await client.get(`${VERSIONS}/2`)).status).toBe(404);
    const gone = { status: 410, json: { type: 'urn:cytoqueue:problem:model-deleted' } };
    expect(await client.post(`/v1/batches/${batch}/retry`)).toMatchObject(gone);
    expect(await client.get(`/v1/batches/${finished}/rows/1?explain=true`)).toMatchObject(gone);
    expect((await client.get(`/v1/batches/${finished}/results`)).status).toBe(200);
    await addVersion();
    expect((await client.get(`/v1/models/${NAME}`)).json.versions).toEqual(['1', '3']);
  });
}
