import { ObjectKeys } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { thyroidModel, thyroidRows, thyroidSchema } from '../../../../test/src/support/third-schema';
import { RunningApi } from '../../test/running-api';

const VERSIONS = '/v1/models/own/mylab/versions';
const features = Object.fromEntries(
  thyroidSchema.features.map(({ name }, index) => [name, thyroidRows()[0]?.sample[index] ?? null]),
);

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

beforeEach(async () => {
  api.assignKeys();
  for (const _ of [1, 2]) await elsewhere().add(Buffer.from(thyroidModel('mylab')));
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

/** The tenant's own models in another process on the same store. */
const elsewhere = () => new ModelRegistry(api.store).ofTenant(api.tenant);

const send = async (method: string, path: string, body?: unknown) => {
  const response = await api.fetch(path, {
    method,
    role: 'admin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: JSON.parse((await response.text()) || '{}') as object };
};
const promote = (version: string) => send('POST', '/v1/models/own/mylab/champion', { version, accept_unknown: true });
const predict = (model: string) => send('POST', '/v1/predictions', { model, features });

test('a version that another process has deleted is unknown in this one, which had loaded it', async () => {
  expect((await promote('1')).status).toBe(200);
  expect((await predict('own/mylab@2')).status).toBe(202);
  expect((await send('GET', `${VERSIONS}/2`)).status).toBe(200);
  await elsewhere().delete('mylab', '2');
  expect((await send('GET', `${VERSIONS}/2`)).status).toBe(404);
  expect((await send('DELETE', `${VERSIONS}/2`)).status).toBe(404);
  const refused = { status: 422, json: { errors: [{ field: 'model', code: 'unknown-model' }] } };
  expect(await predict('own/mylab@2')).toMatchObject(refused);
  expect(await promote('2')).toMatchObject(refused);
  expect(await send('GET', '/v1/models/own/mylab')).toMatchObject({ json: { champion: '1', versions: ['1'] } });
});

test('the default model of the settings cannot be deleted until they name another one', async () => {
  const choose = (default_model: string) => send('PUT', '/v1/settings', { default_model, operating_point: 'default' });
  expect((await choose('own/mylab@2')).status).toBe(200);
  expect(await send('DELETE', `${VERSIONS}/2`)).toMatchObject({
    status: 409,
    json: { type: 'urn:cytoqueue:problem:default-model-in-use', detail: expect.stringContaining('default_model') },
  });
  expect((await predict('own/mylab@2')).status).toBe(202);
  await choose('own/mylab@1');
  expect((await send('DELETE', `${VERSIONS}/2`)).status).toBe(204);
});

test('card, evaluation and plots of a trained version are read by every role of its tenant only', async () => {
  const pin = await elsewhere().add(Buffer.from(thyroidModel('mylab')));
  const path = `${VERSIONS}/${pin.version}`;
  const read = async (part: string) => {
    const response = await api.fetch(`${path}/${part}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const parts = ['card', 'evaluation', 'plots/roc.svg'];
  for (const part of parts) expect((await read(part)).status).toBe(404);
  const summary = { cv: { accuracy: 0.9 }, cv_intervals: { accuracy: [0.8, 1] } };
  const evaluation = (digest: string) => ({
    protocol: { repetitions: 5 },
    models: { [pin.name]: { digest, ...summary, curves: { reliability: [] } } },
  });
  const put = (file: string, text: string) => {
    const folder = ObjectKeys.ownModelsFolder(api.tenant);
    return api.store.put(folder + ObjectKeys.artifact('mylab', pin.version, file), Buffer.from(text));
  };
  await put('card.md', '# mylab');
  await put('evaluation.json', JSON.stringify(evaluation(pin.digest)));
  await put('roc.svg', '<svg/>');
  const [card, evaluated, plot] = await Promise.all(parts.map(read));
  expect([card?.text, card?.headers.get('content-type')]).toEqual(['# mylab', 'text/markdown; charset=utf-8']);
  expect(JSON.parse(evaluated?.text ?? '')).toEqual({ ...summary, repetitions: 5, reliability: [] });
  expect([plot?.text, plot?.headers.get('content-security-policy')]).toEqual(['<svg/>', "default-src 'none'; sandbox"]);
  for (const part of ['plots/evaluation.json', 'plots/card.md', 'plots/other.svg'])
    expect((await read(part)).status).toBe(404);
  await put('evaluation.json', JSON.stringify(evaluation(`sha256:${'0'.repeat(64)}`)));
  expect((await read('evaluation')).status).toBe(404);
  api.assignKeys();
  for (const part of parts) expect((await read(part)).status).toBe(404);
});
