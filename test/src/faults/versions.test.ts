import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { Registry } from '@cytoqueue/registry';
import { FaultStack } from '../support/fault-stack';
import { ROOT } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const SHARDS = 20;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(SHARDS * 1_000, { WORKERS: '2' });
}, 240_000);

afterEach(() => faults.signalWorkers('SIGCONT'));

afterAll(async () => {
  await faults?.stop();
}, 240_000);

/** The shipped model with a threshold of its own, made champion: another version with other answers. */
async function promoteNextVersion(): Promise<void> {
  const { digest: _, ...file } = parseModel(readFileSync(join(ROOT, 'packages/registry/models/wbc-knn/1.0.0.json'))).file;
  const next = serializeModel({ ...file, version: '1.1.0', operating_points: { default: 0.9, sensitivity99: 0.3 } });
  const registry = new Registry(faults.store);
  await registry.add(Buffer.from(next));
  await registry.promote('wbc-knn', '1.1.0', 'test');
}

test('a worker that came before a promotion and one that came after it score by the pinned version', async () => {
  const batch = await faults.upload();
  await faults.untilInTheMiddle(batch, 1);
  const [older, newer] = faults.ready.pids.workers as [number, number];
  await faults.whilePaused(async () => {
    await promoteNextVersion();
    process.kill(newer, 'SIGKILL');
    await faults.passLockTime();
  });
  await waitUntil('a newer worker stands beside the older one', () => faults.ready.pids.workers[1] !== newer);
  expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
  expect(faults.ready.pids.workers[0]).toBe(older);
  const { json } = await faults.predict({ prefer: 'wait=30' });
  expect(json.model.version).toBe('1.1.0');
  await new Registry(faults.store).rollBack('wbc-knn', 'test');
});

test('a payload of a version that no worker here knows is left, whole and untried, for one that does', async () => {
  await waitUntil('the first version is champion again', async () => (await faults.predict({ prefer: 'wait=30' })).json.model.version === '1.0.0');
  const later = SHARDS - 1;
  faults.signalWorkers('SIGSTOP');
  const batch = await faults.upload();
  const key = `${REDIS_PREFIX}:${queueNames.shards}:${jobIds.shard(batch, 1, later)}`;
  const setVersion = (version: number) =>
    faults.inRedis(async (redis) => {
      const data = JSON.parse((await redis.hget(key, 'data')) as string) as object;
      await redis.hset(key, 'data', JSON.stringify({ ...data, v: version }));
    });
  await setVersion(2);
  faults.signalWorkers('SIGCONT');
  await waitUntil('all that is known is scored', async () => (await faults.shardObjects(batch)).length === later);
  const untried = await waitUntil('the other one was taken more than once', async () => {
    const [starts, attempts, failure, finished] = await faults.inRedis((redis) => redis.hmget(key, 'ats', 'atm', 'failedReason', 'finishedOn'));
    return Number(starts) > 1 && { attempts, failure, finished };
  });
  expect(untried).toEqual({ attempts: null, failure: null, finished: null });
  await setVersion(1);
  expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
});
