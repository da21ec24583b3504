import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createProducerConnection } from '@cytoqueue/queue';
import { ConfirmationKeys, ObjectKeys, TrainingKeys, createId } from '@cytoqueue/records';
import { type ObjectStore, openStore, listAll } from '@cytoqueue/storage';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { StorageQuota } from './storage-quota';

const QUOTA = 1_000;
const TENANT = 'lab';

let redis: RedisProcess;
let client: Redis;
let dir: string;
let store: ObjectStore;

beforeAll(async () => {
  redis = await RedisProcess.start();
  client = createProducerConnection(redis.url, () => undefined);
  await waitUntil('Redis is there', () => client.status === 'ready');
  dir = await mkdtemp(join(tmpdir(), 'stored-bytes-'));
  store = openStore(pathToFileURL(dir).href);
  await store.start();
});

beforeEach(async () => {
  await client.flushall();
  await store.deletePrefix('tenants/');
});

afterAll(async () => {
  client?.disconnect();
  await redis?.down();
  await rm(dir, { recursive: true });
});

async function recount(): Promise<number> {
  let bytes = 0;
  for await (const { key, size } of listAll(store, ObjectKeys.batchesFolder(TENANT)))
    if (key.endsWith('/input.csv')) bytes += size;
  return bytes;
}

/** An API process; several share Redis and the store. */
class Process {
  readonly stored = new StorageQuota({ store, redis: client, quotaOf: () => QUOTA });

  /** Stores the bytes and reserves quota for them, or rolls back, as an upload does. */
  async upload(id: string, bytes: number): Promise<boolean> {
    await store.put(ObjectKeys.batchInput(TENANT, id), Buffer.alloc(bytes, 'x'));
    try {
      await this.stored.reserve(TENANT, id, bytes);
      return true;
    } catch {
      await this.delete(id);
      return false;
    }
  }

  async delete(id: string): Promise<void> {
    await store.deletePrefix(ObjectKeys.batchFolder(TENANT, id));
    await this.stored.release(TENANT, id);
  }

  async used(): Promise<number> {
    const used = await this.stored.assertAvailable(TENANT, 0);
    return QUOTA - used;
  }
}

type Step =
  | { kind: 'upload'; bytes: number; process: number }
  | { kind: 'delete'; batch: number; times: number; process: number }
  | { kind: 'lose'; all: boolean }
  | { kind: 'ask'; process: number };

const process_ = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('upload' as const),
      bytes: fc.integer({ min: 1, max: 400 }),
      process: process_,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      batch: fc.nat(5),
      times: fc.integer({ min: 1, max: 3 }),
      process: process_,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), all: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ask' as const), process: process_ }) },
);

test('after any operations and losses of the counter, the count equals the stored bytes within the quota', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), async (waves) => {
      await client.flushall();
      await store.deletePrefix('tenants/');
      const processes = [new Process(), new Process()];
      const ids: string[] = [];
      const run = async (next: Step): Promise<void> => {
        if (next.kind === 'lose')
          return void (await (next.all ? client.flushall() : client.del('cytoqueue:stored-inputs:lab')));
        const process = processes[next.process] as Process;
        if (next.kind === 'ask') return void (await process.used().catch(() => undefined));
        if (next.kind === 'upload') {
          const id = createId('batch_');
          if (await process.upload(id, next.bytes)) ids.push(id);
          return;
        }
        const id = ids[next.batch];
        if (id !== undefined) await Promise.all(Array.from({ length: next.times }, () => process.delete(id)));
      };
      // The steps of a wave run concurrently.
      for (const wave of waves) {
        await Promise.all(wave.map(run));
        expect(Number((await client.hget('cytoqueue:stored-inputs:lab', 'total')) ?? 0)).toBeGreaterThanOrEqual(0);
      }
      const bytes = await recount();
      expect(await processes[0]?.used()).toBe(bytes);
      expect(bytes).toBeLessThanOrEqual(QUOTA);
    }),
    { numRuns: 60 },
  );
});

test('a deletion after Redis lost the counter does not count; the next operation counts the stored objects', async () => {
  const process = new Process();
  const [one, other] = [createId('batch_'), createId('batch_')];
  await process.upload(one, 300);
  await process.upload(other, 200);
  await client.flushall();
  await process.delete(one);
  expect(await client.exists('cytoqueue:stored-inputs:lab')).toBe(0);
  expect(await process.used()).toBe(200);
});

test.each(['x', '-5000', '', 'nan', 'inf'])('a counter that holds %j is counted again', async (total) => {
  const process = new Process();
  const id = createId('batch_');
  await process.upload(id, 300);
  await client.hset('cytoqueue:stored-inputs:lab', 'total', total);
  expect(await process.used()).toBe(300);
  await client.hset('cytoqueue:stored-inputs:lab', 'total', total);
  expect(await process.upload(createId('batch_'), 800)).toBe(false);
  expect(await process.upload(createId('batch_'), 700)).toBe(true);
  await client.hset('cytoqueue:stored-inputs:lab', 'total', total);
  await process.delete(id);
  expect(await process.used()).toBe(700);
});

test('concurrent DELETEs of one batch subtract it once', async () => {
  const process = new Process();
  const [one, other] = [createId('batch_'), createId('batch_')];
  await process.upload(one, 300);
  await process.upload(other, 200);
  await Promise.all(Array.from({ length: 8 }, () => process.delete(one)));
  expect(await process.used()).toBe(200);
});

test('a batch that is deleted during the listing is not counted', async () => {
  const process = new Process();
  const [one, other] = [createId('batch_'), createId('batch_')];
  await process.upload(one, 300);
  await process.upload(other, 200);
  await client.flushall();
  const list = store.list.bind(store);
  store.list = async (options) => {
    store.list = list;
    const page = await list(options);
    await process.delete(one);
    return page;
  };
  expect(await process.used()).toBe(200);
});

test('a batch that is deleted while Redis rejects writes is subtracted afterwards', async () => {
  const process = new Process();
  const [one, other] = [createId('batch_'), createId('batch_')];
  await process.upload(one, 300);
  await process.upload(other, 200);
  await client.config('SET', 'maxmemory', '1');
  try {
    await process.delete(one);
  } finally {
    await client.config('SET', 'maxmemory', '0');
  }
  expect(await process.used()).toBe(200);
});

test('concurrent uploads do not exceed the quota together', async () => {
  const process = new Process();
  await process.used();
  const accepted = await Promise.all(Array.from({ length: 8 }, () => process.upload(createId('batch_'), 300)));
  expect(accepted.filter(Boolean)).toHaveLength(3);
});

test('confirmed diagnoses count, those of a listing and those of a later request', async () => {
  await store.put(ConfirmationKeys.entry(TENANT, createId('conf_')), Buffer.alloc(300));
  const { stored } = new Process();
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA - 300);
  await stored.reserve(TENANT, createId('conf_'), 400);
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA - 700);
  await expect(stored.reserve(TENANT, createId('conf_'), 400)).rejects.toThrow('quota-exceeded');
  await store.deletePrefix(ConfirmationKeys.folder);
});

test('file and rows of a training count, also after Redis has lost the sizes', async () => {
  const id = createId('training_');
  await store.put(TrainingKeys.input(TENANT, id), Buffer.alloc(300));
  await store.put(TrainingKeys.rows(TENANT, id), Buffer.alloc(200));
  await store.put(TrainingKeys.document(TENANT, id), Buffer.alloc(400));
  const { stored } = new Process();
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA - 500);
  await stored.reserve(TENANT, id, 500);
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA - 500);
  await stored.release(TENANT, id);
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA);
});

test('own models count once the sizes are counted again', async () => {
  const key = ObjectKeys.ownModelsFolder(TENANT) + ObjectKeys.model('mylab', '1');
  const { stored } = new Process();
  await stored.assertAvailable(TENANT);
  await store.put(key, Buffer.alloc(300));
  await stored.invalidate(TENANT);
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA - 300);
  await store.delete(key);
  await stored.invalidate(TENANT);
  expect(await stored.assertAvailable(TENANT)).toBe(QUOTA);
});
