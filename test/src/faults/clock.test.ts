import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { FakeClock } from '../support/fake-clock';
import { FaultStack } from '../support/fault-stack';
import { describeWith } from '../support/optional-tools';
import { waitUntil } from '../support/wait-until';

const HOUR_SECONDS = 3_600;

describeWith('libfaketime', 'a clock that jumps', () => {
  const clock = new FakeClock();
  let faults: FaultStack;

  beforeAll(async () => {
    faults = await FaultStack.start(5_000, clock.environment);
  });

  afterEach(async () => {
    clock.jump(0);
    await faults.restore();
  });

  afterAll(async () => {
    await faults?.stop();
    clock.stop();
  });

  /** Waits until the API's clock differs from ours by this much. */
  async function untilSeen(aheadSeconds: number): Promise<void> {
    await waitUntil('the services have the other time', async () => {
      const { json } = await faults.predict();
      return Math.abs(Date.parse(json.created_at) - Date.now() - aheadSeconds * 1_000) < 60_000;
    });
  }

  /**
   * Puts a file where the batch's shard folder would be: no shard can be stored until the returned function is called.
   */
  function blockShards(batch: string): () => void {
    const folder = join(faults.stack.dataDir, 'objects', ObjectKeys.shardsFolder('local', batch));
    const path = folder.replace(/\/$/, '');
    const aside = join(faults.stack.dataDir, 'shards-aside');
    renameSync(folder, aside);
    writeFileSync(path, '');
    return () => {
      rmSync(path);
      mkdirSync(join(folder, '..'), { recursive: true });
      renameSync(aside, folder);
    };
  }

  async function stalledShards(batch: string): Promise<number> {
    return faults.inRedis(async (redis) => {
      const keys = await redis.keys(`${REDIS_PREFIX}:${queueNames.shards}:${batch}.*`);
      const counts = await Promise.all(
        keys.map(async (key) => ((await redis.type(key)) === 'hash' ? Number(await redis.hget(key, 'stc')) : 0)),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    });
  }

  test.each([
    ['an hour ahead', HOUR_SECONDS],
    ['an hour back', -HOUR_SECONDS],
  ])(
    '%s, and back again, with jobs postponed in between: none is stuck, none expires early',
    async (_, aheadSeconds) => {
      const key = { 'idempotency-key': `clock-${aheadSeconds}` };
      const hold = faults.hold(/\/shards\/(?!00000)/);
      const accepted = await faults.post(key);
      const batch = accepted.json.id as string;
      await hold.reached();
      await faults.untilScored(batch, 1);
      const unblock = await faults.whilePaused(async () => blockShards(batch));
      clock.jump(aheadSeconds);
      await untilSeen(aheadSeconds);
      hold.open();
      await waitUntil('jobs are postponed by the other clock', async () => (await faults.delayedShards()).length > 1);
      expect((await faults.post(key)).json.id).toBe(batch);
      clock.jump(0);
      await untilSeen(0);
      // A running worker could create the folder between the two steps.
      await faults.whilePaused(async () => unblock());
      await faults.reconcile();
      expect((await faults.expectComplete(batch)).failed_shards).toEqual([]);
      expect(await stalledShards(batch)).toBe(0);
      expect((await faults.score()).status).toBe('succeeded');
    },
  );

  test('an hour ahead permanently: batches and records finish and are not removed early', async () => {
    clock.jump(HOUR_SECONDS);
    await untilSeen(HOUR_SECONDS);
    const batch = await faults.upload();
    const record = await faults.score();
    expect(record.status).toBe('succeeded');
    await faults.expectComplete(batch);
    clock.jump(-HOUR_SECONDS);
    await untilSeen(-HOUR_SECONDS);
    expect((await faults.client.get(`/v1/batches/${batch}/results`)).status).toBe(200);
    expect((await faults.client.get(`/v1/predictions/${record.id}`)).json.status).toBe('succeeded');
  });
});
