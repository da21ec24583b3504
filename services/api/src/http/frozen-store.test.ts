import { execFileSync } from 'node:child_process';
import { constants, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ObjectKeys } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';

/* Opening a pipe without a writer never returns, like a call on a frozen network mount. */

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
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
  ['predictions', () => api.predict(RECORD), ObjectKeys.predictionResult.bind(ObjectKeys)],
])('requests for %s that wait for a read that never returns are answered with 503', async (kind, create, keyOf) => {
  const id = await create();
  const path = join(fileURLToPath(api.store.url), keyOf(api.tenant, id));
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  for (const url of [`/v1/${kind}/${id}`, `/v1/${kind}`]) {
    const response = await api.fetch(url);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({ type: 'urn:cytoqueue:problem:unavailable' });
    // A writer lets the call return and frees its thread.
    await (await open(path, constants.O_RDWR)).close();
  }
  rmSync(path);
});
