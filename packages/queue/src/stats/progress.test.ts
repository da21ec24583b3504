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
  const counts = {
    succeeded: 8,
    rejected: 2,
    benign: 5,
    malignant: 3,
    indeterminate: 1,
    missing_features: 4,
    confident_benign: 4,
    confident_malignant: 3,
  };
  const none = {
    shards: 0,
    succeeded: 0,
    rejected: 0,
    benign: 0,
    malignant: 0,
    indeterminate: 0,
    missing_features: 0,
    confident_benign: 0,
    confident_malignant: 0,
    finalizing: false,
    hasAllCounts: false,
  };

  test('counts every shard once, however often and concurrently it is delivered', async () => {
    const progress = new BatchProgress(working);
    const shards = [0, 1, 2, 7, 1_999];
    await Promise.all([...shards, ...shards, ...shards].map((shard) => progress.countShard('a', 1, shard, counts)));
    await progress.countShard('a', 1, 7, { ...counts, succeeded: 100 });
    const sums = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count * shards.length]));
    expect(await progress.read('a', 1)).toEqual({
      ...sums,
      shards: shards.length,
      finalizing: false,
      hasAllCounts: false,
    });
  });

  test('is per run, and starts at zero after Redis was emptied', async () => {
    const progress = new BatchProgress(working);
    await progress.countShard('b', 1, 0, counts);
    await progress.markFinalizing('b', 2);
    expect(await progress.read('b', 1)).toEqual({ ...counts, shards: 1, finalizing: false, hasAllCounts: false });
    expect(await progress.read('b', 2)).toEqual({ ...none, finalizing: true });
    await working.flushall();
    expect(await progress.read('b', 1)).toEqual(none);
    await progress.countShard('b', 1, 0, counts);
    expect((await progress.read('b', 1)).shards).toBe(1);
  });

  test('reports whether it is complete since the start of the run', async () => {
    const progress = new BatchProgress(working);
    await progress.startRun('e', 1);
    expect(await progress.read('e', 1)).toEqual({ ...none, hasAllCounts: true });
    await working.flushall();
    await progress.countShard('e', 1, 0, counts);
    expect((await progress.read('e', 1)).hasAllCounts).toBe(false);
  });

  test('expires in Redis', async () => {
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
      'the subscription is active',
      async () => ((await working.pubsub('NUMSUB', `${REDIS_PREFIX}:changes`))[1] as number) > 0,
    );
    return listener;
  }

  test('reach every listener of that id, and no other', async () => {
    const listener = await listening();
    const heardIds: string[] = [];
    listener.subscribe('a', () => heardIds.push('first'));
    const unsubscribe = listener.subscribe('a', () => heardIds.push('unsubscribed'));
    listener.subscribe('a', () => heardIds.push('second'));
    listener.subscribe('b', () => heardIds.push('other'));
    listener.subscribe('end', () => heardIds.push('end'));
    unsubscribe();
    unsubscribe();
    await publishChange(working, 'a');
    await publishChange(working, 'end');
    await waitUntil('the last change arrives', () => heardIds.includes('end'));
    expect(heardIds).toEqual(['first', 'second', 'end']);
    listener.notify('b');
    expect(heardIds.at(-1)).toBe('other');
    listener.stop();
    listener.stop();
  });

  test('say whether they are a step of many', async () => {
    const listener = await listening();
    const heard: string[] = [];
    listener.subscribe('a', (change) => heard.push(change));
    // The subscriber count may still be that of the previous listener.
    await waitUntil('a step arrives', async () => {
      await publishChange(working, 'a', 'step');
      return heard.length > 0;
    });
    await publishChange(working, 'a');
    await waitUntil('the change arrives', () => heard.includes('state'));
    expect(new Set(heard.slice(0, -1))).toEqual(new Set(['step']));
    expect(heard.at(-1)).toBe('state');
    listener.stop();
  });

  test('announce that a run is being finalized', async () => {
    const listener = await listening();
    const heardIds: string[] = [];
    listener.subscribe('finalized', () => heardIds.push('finalized'));
    // The subscriber count may still be that of the previous listener.
    const announced = waitUntil('the change arrives', async () => {
      await new BatchProgress(working).markFinalizing('finalized', 1);
      return heardIds.length > 0;
    });
    expect(await announced).toBe(true);
    listener.stop();
  });

  test('arrive again after a Redis outage, also at subscribers started during it', async () => {
    await redis.down();
    const late = new ChangeSubscriber(createWorkerConnection(redis.url, ignore));
    late.start();
    const producing = createProducerConnection(redis.url, ignore);
    let heardIds = 0;
    late.subscribe('x', () => heardIds++);
    await redis.up();
    const untilHeard = (times: number) =>
      waitUntil('the change arrives', async () => {
        await publishChange(producing, 'x').catch(ignore);
        return heardIds >= times;
      });
    expect(await untilHeard(1)).toBe(true);
    await redis.down();
    await redis.up();
    const before = heardIds;
    expect(await untilHeard(before + 1)).toBe(true);
    late.stop();
    producing.disconnect();
  });
});
