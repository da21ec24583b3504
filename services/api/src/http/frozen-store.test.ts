import { ObjectKeys } from '@cytoqueue/records';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

let redis: RedisProcess;
let api: RunningApi;
/** Reading this object never returns, like a call on a frozen network mount. */
let frozenKey: string | undefined;

beforeAll(async () => {
  const files = Object.getPrototypeOf(openStore('file:///none')) as ObjectStore;
  const get = Reflect.get(files, 'get') as (
    this: ObjectStore,
    ...args: Parameters<ObjectStore['get']>
  ) => Promise<Buffer>;
  files.get = function (this: ObjectStore, key, ...rest) {
    return key === frozenKey ? new Promise<never>(() => undefined) : get.call(this, key, ...rest);
  };
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url, undefined, { readDeadlineMs: 3_000 });
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

async function upload(): Promise<string> {
  const response = await api.fetch('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: HEADER + ROW,
  });
  return ((await response.json()) as { id: string }).id;
}

test.each([
  ['batches', upload, ObjectKeys.batchDocument.bind(ObjectKeys)],
  ['predictions', () => api.predict(RECORD), ObjectKeys.predictionRequest.bind(ObjectKeys)],
])('requests for %s that wait for a read that never returns are answered with 503', async (kind, create, keyOf) => {
  const id = await create();
  frozenKey = keyOf(api.tenant, id);
  for (const url of [`/v1/${kind}/${id}`, `/v1/${kind}`]) {
    const response = await api.fetch(url);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({ type: 'urn:cytoqueue:problem:unavailable' });
  }
});
