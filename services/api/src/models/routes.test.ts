import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelRegistry } from '@cytoqueue/registry';
import { ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

const SHIPPED = join(__dirname, '../../../../packages/registry/models/wbc-knn/1.0.0.json');

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  await new ModelRegistry(api.store).add(renamed(await readFile(SHIPPED, 'utf8'), 'mine'));
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

/** A copy of the model's file under another name. */
function renamed(file: string, name: string): Buffer {
  const bodyAt = file.indexOf('\n') + 1;
  const body = file.slice(bodyAt).replace('"name":"wbc-knn"', `"name":"${name}"`);
  const digest = createHash('sha256').update(body).digest('hex');
  return Buffer.from(file.slice(0, bodyAt).replace(/sha256:[0-9a-f]{64}/, `sha256:${digest}`) + body);
}

const json = async (path: string, call: Parameters<RunningApi['fetch']>[1] = {}) => {
  const answer = await api.fetch(path, call);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const post = (path: string, body: object) =>
  json(path, {
    method: 'POST',
    role: 'platform',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('a model without a champion is listed and found by name and version', async () => {
  const { status, body } = await json('/v1/models');
  const champions = (body['data'] as { name: string; champion: string | null }[]).map(({ name, champion }) => [
    name,
    champion,
  ]);
  expect([status, Object.fromEntries(champions)]).toEqual([
    200,
    { mine: null, 'wbc-knn': '1.1.0', 'wbc-knn-euclidean': '1.0.0', 'wdbc-knn': '1.1.0' },
  ]);
  expect(await json('/v1/models/mine')).toMatchObject({
    status: 200,
    body: { champion: null, versions: ['1.0.0'], history: [] },
  });
  expect(await json('/v1/models/mine/versions/1.0.0')).toMatchObject({ status: 200 });
  expect(await json('/v1/models/wbc-knn')).toMatchObject({ status: 200 });
});

test('a version says whether evidence has a search for the smallest change: only for grades', async () => {
  const read = async (version: string) => (await json(`/v1/models/${version}`)).body;
  expect(await read('wbc-knn/versions/1.1.0')).toMatchObject({
    schema_title: 'Wisconsin Breast Cancer (Original)',
    flip_searched: true,
  });
  expect(await read('wdbc-knn/versions/1.1.0')).toMatchObject({ flip_searched: false });
});

test('a name without a champion is rejected until a version is promoted', async () => {
  const refusal = {
    status: 409,
    body: { type: 'urn:cytoqueue:problem:no-champion', detail: expect.stringContaining('mine@VERSION') },
  };
  const predict = (model: string) => post('/v1/predictions', { model, features: RECORD });
  const upload = (model: string) =>
    json(`/v1/batches?model=${model}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: HEADER + ROW });
  expect(await predict('mine')).toMatchObject(refusal);
  expect(await upload('mine')).toMatchObject(refusal);
  expect(await post('/v1/models/mine/champion', { rollback: true })).toMatchObject(refusal);
  expect((await predict('mine@1.0.0')).status).toBe(202);
  expect(await post('/v1/models/mine/champion', { version: '1.0.0' })).toMatchObject({
    status: 200,
    body: { champion: '1.0.0' },
  });
  expect((await predict('mine')).status).toBe(202);
});

test('a damaged champion.json raises an alarm and affects its own model only', async () => {
  await api.store.put(ObjectKeys.champion('wdbc-knn'), Buffer.alloc(200));
  expect((await json('/v1/models')).status).toBe(200);
  expect(await json('/v1/models/wdbc-knn')).toMatchObject({ status: 200, body: { champion: null } });
  expect(await post('/v1/predictions', { model: 'wdbc-knn', features: {} })).toMatchObject({
    status: 409,
    body: { type: 'urn:cytoqueue:problem:object-damaged' },
  });
});
