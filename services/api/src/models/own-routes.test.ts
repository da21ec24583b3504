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
