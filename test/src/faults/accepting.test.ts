import { FaultStack } from '../support/fault-stack';
import { isRunning } from '../support/stack-process';
import type { Verdict } from '../support/tcp-proxy';
import { waitUntil } from '../support/wait-until';

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(5_000);
}, 240_000);

afterEach(() => {
  faults.proxy.heal();
  faults.redis.thaw();
  faults.signalWorkers('SIGCONT');
});

afterAll(async () => {
  await faults?.stop();
}, 240_000);

const isPending = async () => {
  const { objects } = await faults.store.list({ prefix: 'pending/' });
  return objects.length > 0;
};

test('the API killed between storing and enqueuing: the same key gives the same batch, which ends', async () => {
  const key = { 'idempotency-key': 'upload-1' };
  // Nothing reaches Redis any more once the promise is durable: so it dies before the first job is there.
  faults.proxy.meddle(async (): Promise<Verdict> => ((await isPending()) ? new Promise<never>(() => undefined) : 'pass'));
  const cutShort = faults.post(key).catch(() => undefined);
  await waitUntil('all is stored', isPending);
  const { api } = faults.ready.pids;
  process.kill(api, 'SIGKILL');
  expect(await cutShort).toBeUndefined();
  const { objects } = await faults.store.list({ prefix: 'pending/' });
  const promised = objects[0]?.key.split('/').at(-1) as string;
  // What was held back never arrives.
  faults.proxy.cut();
  faults.proxy.heal();
  const again = await waitUntil('another API answers', async () => {
    const answer = isRunning(api) ? undefined : await faults.post(key).catch(() => undefined);
    return answer?.status === 202 && answer.json;
  });
  expect(again.id).toBe(promised);
  await faults.expectWhole(promised);
});

test('two uploads with one key while Redis is frozen: what either was promised is kept', async () => {
  const key = { 'idempotency-key': 'upload-2' };
  faults.redis.freeze();
  const refused = await Promise.all([faults.post(key), faults.post(key)]);
  expect(refused.map(({ status }) => status)).toEqual([503, 503]);
  faults.redis.thaw();
  const accepted = await waitUntil('it is taken', async () => {
    const answers = await Promise.all([faults.post(key), faults.post(key)]);
    return answers.every(({ status }) => status === 202) && answers.map(({ json }) => json.id as string);
  });
  expect(new Set(accepted).size).toBe(1);
  await faults.expectWhole(accepted[0] as string);
});

test.each([
  ['emptied', () => faults.inRedis((redis) => redis.flushall())],
  ['killed and back without its data', async () => {
    await faults.inRedis((redis) => redis.flushall());
    await faults.redis.down();
    await faults.redis.up();
  }],
])('Redis %s in the middle of a batch: it ends, and what was scored is not written again', async (_, fault) => {
  const batch = await faults.upload();
  await faults.untilInTheMiddle(batch, 1);
  const written = await faults.whilePaused(async () => {
    await fault();
    faults.age(batch);
    return Promise.all((await faults.shardObjects(batch)).map((key) => faults.store.head(key)));
  });
  await faults.expectWhole(batch);
  expect(await Promise.all(written.map((info) => faults.store.head(info?.key as string)))).toEqual(written);
});
