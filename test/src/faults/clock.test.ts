import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/storage';
import { FakeClock } from '../support/fake-clock';
import { FaultStack } from '../support/fault-stack';
import { describeWith } from '../support/optional-tools';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(180_000);

const HOUR_SECONDS = 3_600;

describeWith('libfaketime', 'a clock that jumps', () => {
  const clock = new FakeClock();
  let faults: FaultStack;

  beforeAll(async () => {
    faults = await FaultStack.start(20_000, { WORKERS: '1', ...clock.environment });
  }, 240_000);

  afterEach(() => clock.jump(0));

  afterAll(async () => {
    await faults?.stop();
    clock.stop();
  }, 240_000);

  /** What the API says the time is, against ours. */
  async function untilSeen(aheadSeconds: number): Promise<void> {
    await waitUntil('the services have the other time', async () => {
      const { json } = await faults.predict();
      return Math.abs(Date.parse(json.created_at) - Date.now() - aheadSeconds * 1_000) < 60_000;
    });
  }

  /** No shard of the batch can be stored until the returned function is called. */
  function blockShards(batch: string): () => void {
    const folder = join(faults.stack.dataDir, 'objects', ObjectKeys.shardsPrefix('local', batch));
    const away = join(faults.stack.dataDir, 'shards-away');
    renameSync(folder, away);
    writeFileSync(folder.replace(/\/$/, ''), '');
    return () => {
      rmSync(folder.replace(/\/$/, ''));
      mkdirSync(join(folder, '..'), { recursive: true });
      renameSync(away, folder);
    };
  }

  const putOff = () => faults.inRedis((redis) => redis.zcard(`${REDIS_PREFIX}:${queueNames.shards}:delayed`));

  async function stalledShards(batch: string): Promise<number> {
    return faults.inRedis(async (redis) => {
      const keys = await redis.keys(`${REDIS_PREFIX}:${queueNames.shards}:${batch}.*`);
      const counts = await Promise.all(keys.map(async (key) => ((await redis.type(key)) === 'hash' ? Number(await redis.hget(key, 'stc')) : 0)));
      return counts.reduce((sum, count) => sum + count, 0);
    });
  }

  test.each([
    ['an hour ahead', HOUR_SECONDS],
    ['an hour back', -HOUR_SECONDS],
  ])('%s, and back again, with jobs that were put off meanwhile: none is stuck, none expires early', async (_, aheadSeconds) => {
    const key = { 'idempotency-key': `clock-${aheadSeconds}` };
    const accepted = await faults.post(key);
    const batch = accepted.json.id as string;
    await faults.untilInTheMiddle(batch, 1);
    const unblock = await faults.whilePaused(async () => blockShards(batch));
    clock.jump(aheadSeconds);
    await untilSeen(aheadSeconds);
    await waitUntil('jobs are put off by the other clock', async () => (await putOff()) > 1);
    expect((await faults.post(key)).json.id).toBe(batch);
    clock.jump(0);
    await untilSeen(0);
    unblock();
    expect((await faults.expectWhole(batch)).failed_shards).toEqual([]);
    expect(await stalledShards(batch)).toBe(0);
    expect((await faults.predict({ prefer: 'wait=30' })).status).toBe(201);
  });

  test('an hour ahead for good: batches and records end, and stay', async () => {
    clock.jump(HOUR_SECONDS);
    await untilSeen(HOUR_SECONDS);
    const batch = await faults.upload();
    const record = await faults.predict({ prefer: 'wait=30' });
    expect(record.json.status).toBe('succeeded');
    await faults.expectWhole(batch);
    clock.jump(-HOUR_SECONDS);
    await untilSeen(-HOUR_SECONDS);
    expect((await faults.client.get(`/v1/batches/${batch}/results`)).status).toBe(200);
    expect((await faults.client.get(`/v1/predictions/${record.json.id}`)).json.status).toBe('succeeded');
  });
});
