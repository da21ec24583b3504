import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { ChangeSubscriber, publishChange } from '../redis/changes';
import { createProducerConnection, createWorkerConnection } from '../redis/connection';
import { REDIS_PREFIX } from '../jobs/job-types';
import { BatchProgress } from './progress';

const ignore = () => undefined;
let redis: RedisProcess;
let working: Redis;

beforeAll(async () => {
  redis = await RedisProcess.start();
  working = createWorkerConnection(redis.url, ignore);
});

afterAll(async () => {
  working?.disconnect();
  await redis?.down();
});

describe('progress', () => {
  const counts = { succeeded: 8, rejected: 2, benign: 5, malignant: 3, indeterminate: 1, missing_features: 4 };
  const none = {
    shards: 0,
    succeeded: 0,
    rejected: 0,
    benign: 0,
    malignant: 0,
    indeterminate: 0,
    missing_features: 0,
    finalizing: false,
    whole: false,
  };

  test('counts every shard once, however often it is delivered and by how many at once', async () => {
    const progress = new BatchProgress(working);
    const shards = [0, 1, 2, 7, 1_999];
    await Promise.all([...shards, ...shards, ...shards].map((shard) => progress.countShard('a', 1, shard, counts)));
    await progress.countShard('a', 1, 7, { ...counts, succeeded: 100 });
    const sums = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count * shards.length]));
    expect(await progress.read('a', 1)).toEqual({ ...sums, shards: shards.length, finalizing: false, whole: false });
  });

  test('is of one run of one batch, and begins anew when Redis was emptied', async () => {
    const progress = new BatchProgress(working);
    await progress.countShard('b', 1, 0, counts);
    await progress.markFinalizing('b', 2);
    expect(await progress.read('b', 1)).toEqual({ ...counts, shards: 1, finalizing: false, whole: false });
    expect(await progress.read('b', 2)).toEqual({ ...none, finalizing: true });
    await working.flushall();
    expect(await progress.read('b', 1)).toEqual(none);
    await progress.countShard('b', 1, 0, counts);
    expect((await progress.read('b', 1)).shards).toBe(1);
  });

  test('knows whether it has seen the run from its beginning', async () => {
    const progress = new BatchProgress(working);
    await progress.startRun('e', 1);
    expect(await progress.read('e', 1)).toEqual({ ...none, whole: true });
    await working.flushall();
    await progress.countShard('e', 1, 0, counts);
    expect((await progress.read('e', 1)).isComplete).toBe(false);
  });

  test('does not stay in Redis for ever', async () => {
    const progress = new BatchProgress(working);
    await progress.countShard('c', 1, 0, counts);
    await progress.markFinalizing('d', 1);
    for (const key of await working.keys(`${REDIS_PREFIX}:progress:*`))
      expect(await working.ttl(key)).toBeGreaterThan(0);
  });
});

describe('changes', () => {
  async function listening(): Promise<ChangeSubscriber> {
    const listener = new ChangeSubscriber(createWorkerConnection(redis.url, ignore));
    listener.start();
    await waitUntil(
      'it listens',
      async () => ((await working.pubsub('NUMSUB', `${REDIS_PREFIX}:changes`))[1] as number) > 0,
    );
    return listener;
  }

  test('reach everybody who waits for that id, and nobody else', async () => {
    const listener = await listening();
    const heard: string[] = [];
    listener.subscribe('a', () => heard.push('first'));
    const forget = listener.subscribe('a', () => heard.push('gone'));
    listener.subscribe('a', () => heard.push('second'));
    listener.subscribe('b', () => heard.push('other'));
    listener.subscribe('end', () => heard.push('end'));
    forget();
    forget();
    await publishChange(working, 'a');
    await publishChange(working, 'end');
    await waitUntil('the last is heard', () => heard.includes('end'));
    expect(heard).toEqual(['first', 'second', 'end']);
    listener.notify('b');
    expect(heard.at(-1)).toBe('other');
    listener.stop();
    listener.stop();
  });

  test('tell that a run is being finalized', async () => {
    const listener = await listening();
    const heard: string[] = [];
    listener.subscribe('finalized', () => heard.push('finalized'));
    // The count of subscribers may still have been that of the listener before.
    const told = waitUntil('it is heard', async () => {
      await new BatchProgress(working).markFinalizing('finalized', 1);
      return heard.length > 0;
    });
    expect(await told).toBe(true);
    listener.stop();
  });

  test('are heard again after Redis was away, also by who started while it was', async () => {
    await redis.down();
    const late = new ChangeSubscriber(createWorkerConnection(redis.url, ignore));
    late.start();
    const producing = createProducerConnection(redis.url, ignore);
    let heard = 0;
    late.subscribe('x', () => heard++);
    await redis.up();
    const untilHeard = (times: number) =>
      waitUntil('it is heard', async () => {
        await publishChange(producing, 'x').catch(ignore);
        return heard >= times;
      });
    expect(await untilHeard(1)).toBe(true);
    await redis.down();
    await redis.up();
    const before = heard;
    expect(await untilHeard(before + 1)).toBe(true);
    late.stop();
    producing.disconnect();
  });
});
