import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, ROW, RunningApi } from '../../test/running-api';

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

test('an upload protects its task from its first byte until it is accepted', async () => {
  let running = 0;
  api.protect = async (work) => {
    running++;
    try {
      return await work();
    } finally {
      running--;
    }
  };
  const { sending, answered } = api.openRequest('/v1/batches', { 'content-type': 'text/csv' });
  sending.write(HEADER);
  await waitUntil('the upload is protected', () => running === 1);
  sending.end(ROW);
  expect((await answered).statusCode).toBe(202);
  await waitUntil('the protection has ended', () => running === 0);
});
