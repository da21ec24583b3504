import { gzipSync } from 'node:zlib';
import { REDIS_PREFIX, jobIds, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { openStore } from '@cytoqueue/storage';
import { Redis } from 'ioredis';
import { finish, run, upload } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { keysBelow as listKeys } from '../support/invariant';
import { whilePaused as pauseWorkers } from '../support/paused-workers';
import { BENIGN_RECORD, WISCONSIN, readCsv } from '../support/records';
import { waitUntil } from '../support/wait-until';
import { SHARD_ROWS, type SharedStack } from './shared-stack';

const SHARDS = `${REDIS_PREFIX}:${queueNames.shards}`;

export function batchCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;

  beforeAll(async () => {
    client = await connect('batches');
  });

  const whilePaused = <T>(work: () => Promise<T>): Promise<T> => pauseWorkers(stack().dataDir, work);
  const keysBelow = (prefix: string) => listKeys(openStore(`file://${stack().dataDir}/objects`), prefix);

  test('a canceled batch skips its shards, writes nothing afterwards, and can be retried', async () => {
    const id = await whilePaused(async () => {
      const waiting = await upload(client, HEADER + rows(5_000));
      expect((await client.get(`/v1/batches/${waiting}/results`)).status).toBe(409);
      expect((await client.call('delete', `/v1/batches/${waiting}`)).status).toBe(409);
      const canceling = await client.post(`/v1/batches/${waiting}/cancel`);
      expect([canceling.status, canceling.json.status]).toEqual([202, 'canceling']);
      return waiting;
    });
    const canceled = await finish(client, id);
    expect(canceled.status).toBe('canceled');
    expect((await client.post(`/v1/batches/${id}/cancel`)).status).toBe(409);

    const before = await keysBelow(`tenants/batches/batches/${id}/`);
    const shards = before.filter((key) => key.includes('/shards/')).length;
    expect(canceled.counts).toEqual({
      total: 5_000,
      pending: 5_000 - shards * SHARD_ROWS,
      succeeded: shards * SHARD_ROWS,
      rejected: 0,
      failed: 0,
    });
    const partial = await client.get(`/v1/batches/${id}/results?partial=true`);
    expect(readCsv(partial.text)).toHaveLength(shards * SHARD_ROWS);
    // A later batch has finished, so every shard of the canceled one has been taken from the queue.
    await run(client, HEADER + rows(1));
    expect(await keysBelow(`tenants/batches/batches/${id}/`)).toEqual(before);

    expect((await client.post(`/v1/batches/${id}/retry`)).status).toBe(202);
    const retried = await finish(client, id);
    expect(retried.counts).toMatchObject({ total: 5_000, succeeded: 5_000 });
    expect(readCsv((await client.get(`/v1/batches/${id}/results`)).text)).toHaveLength(5_000);
    expect((await client.post(`/v1/batches/${id}/retry`)).status).toBe(409);
  });

  test('a finished batch counts its scored rows by tenths of the probability', async () => {
    const { batch, results } = await run(client, WISCONSIN);
    const probabilities = readCsv(results.text).map((row) => Number(row['probability_malignant']));
    const counted = Array<number>(10).fill(0);
    for (const probability of probabilities) counted[Math.min(9, Math.floor(10 * probability))]!++;
    expect(batch['summary']).toMatchObject({ probability_histogram: counted });
    expect(counted.filter((rows) => rows > 0).length).toBeGreaterThan(5);
  });

  test('a deleted batch leaves nothing', async () => {
    const { id } = await run(client, HEADER + rows(10));
    expect((await client.call('delete', `/v1/batches/${id}`)).status).toBe(204);
    expect((await client.get(`/v1/batches/${id}`)).status).toBe(404);
    expect(await keysBelow(`tenants/batches/batches/${id}/`)).toEqual([]);
  });

  describe('an Idempotency-Key', () => {
    const headers = (key: string) => ({ 'content-type': 'text/csv', 'idempotency-key': key });
    let client: ContractClient;

    beforeAll(async () => {
      client = await connect('idempotency');
    });

    test('fifty uploads with one key make one batch, another payload is refused', async () => {
      const body = HEADER + rows(50);
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => client.post('/v1/batches', { headers: headers('upload-1'), body })),
      );
      expect(new Set(answers.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1);
      const id = answers[0]?.json.id;
      await finish(client, id);
      expect((await client.post('/v1/batches', { headers: headers('upload-1'), body })).json.id).toBe(id);
      expect((await client.post('/v1/batches', { headers: headers('upload-1'), body: HEADER + rows(51) })).status).toBe(
        422,
      );
      expect((await client.post('/v1/batches?formulas=keep', { headers: headers('upload-1'), body })).status).toBe(422);
      expect(
        (await keysBelow('tenants/idempotency/batches/')).filter((key) => key.endsWith('/batch.json')),
      ).toHaveLength(1);
    });

    test('fifty records with one key make one prediction', async () => {
      const send = (json: unknown) =>
        client.post('/v1/predictions', { headers: { 'idempotency-key': 'record-1' }, json });
      const answers = await Promise.all(Array.from({ length: 50 }, () => send({ features: BENIGN_RECORD })));
      expect(new Set(answers.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1);
      expect((await send({ features: { ...BENIGN_RECORD, mitoses: 2 } })).status).toBe(422);
      await waitUntil(
        'it is scored',
        async () => (await client.get(`/v1/predictions/${answers[0]?.json.id}`)).json.status === 'succeeded',
      );
      const repeated = await send({ features: BENIGN_RECORD });
      expect([repeated.status, repeated.json.status]).toEqual([202, 'succeeded']);
      const { json } = await client.get('/v1/predictions?limit=100');
      expect(json.data).toHaveLength(1);
    });

    test('can be reused after its batch is deleted', async () => {
      client = await connect('batches');
      const first = await client.post('/v1/batches', { headers: headers('upload-2'), body: HEADER + rows(3) });
      await finish(client, first.json.id);
      await client.call('delete', `/v1/batches/${first.json.id}`);
      const second = await client.post('/v1/batches', { headers: headers('upload-2'), body: HEADER + rows(3) });
      expect(second.status).toBe(202);
      expect(second.json.id).not.toBe(first.json.id);
      await finish(client, second.json.id);
    });
  });

  describe('a compressed upload', () => {
    const gzip = { 'content-type': 'text/csv', 'content-encoding': 'gzip' };

    test('is scored to the same bytes as the uncompressed file', async () => {
      const plain = await run(client, WISCONSIN);
      const { json } = await client.post('/v1/batches', { headers: gzip, body: gzipSync(WISCONSIN) });
      const packed = await finish(client, json.id);
      expect(packed.input_sha256).toBe(plain.batch.input_sha256);
      expect((await client.get(`/v1/batches/${json.id}/results`)).text).toBe(plain.results.text);
    });
  });

  test('fair share: one shard of a tenant is served before the remaining shards of a tenant that uploaded earlier', async () => {
    const other = await connect('one-shard');
    const many = 55;
    const order = await whilePaused(async () => {
      const ids = {
        many: await upload(client, HEADER + rows(many * SHARD_ROWS)),
        one: await upload(other, HEADER + rows(1)),
      };
      return { ...ids, waiting: await inRedis((redis) => redis.zrange(`${SHARDS}:prioritized`, '0', '-1')) };
    });
    const after = order.waiting.slice(order.waiting.indexOf(jobIds.shard(order.one, 1, 0)));
    expect(after.filter((id) => id.startsWith(order.many)).length).toBeGreaterThanOrEqual(50);
    await finish(other, order.one);
    expect((await finish(client, order.many)).counts.succeeded).toBe(many * SHARD_ROWS);
    const served = await servedAt([
      jobIds.shard(order.one, 1, 0),
      ...Array.from({ length: many }, (_, shard) => jobIds.shard(order.many, 1, shard)),
    ]);
    const [one, ...others] = served as [number, ...number[]];
    expect(others.filter((at) => at >= one).length).toBeGreaterThanOrEqual(50);
    expect((await other.get(`/v1/batches/${order.many}`)).status).toBe(404);
  });

  test('explain=true is refused beyond 10,000 rows', async () => {
    const { status, json } = await client.post('/v1/batches?explain=true', {
      headers: { 'content-type': 'text/csv' },
      body: HEADER + rows(10_001),
    });
    expect([status, json.errors]).toMatchObject([422, [{ field: 'explain', code: 'too-many-rows' }]]);
    const { batch } = await run(client, HEADER + rows(10), '?explain=true');
    expect(batch.counts.succeeded).toBe(10);
  });

  test('a batch with a damaged manifest is shown as failed, and its results cannot be downloaded', async () => {
    const { id } = await run(client, HEADER + rows(1));
    const store = openStore(`file://${stack().dataDir}/objects`);
    await store.put(ObjectKeys.runManifest('batches', id, 1), Buffer.from('{"run": 1'));
    const { status, json: batch } = await client.get(`/v1/batches/${id}`);
    expect([status, batch.status, batch.error.code]).toEqual([200, 'failed', 'object-damaged']);
    const results = await client.get(`/v1/batches/${id}/results`);
    expect([results.status, results.json.type]).toEqual([409, 'urn:cytoqueue:problem:object-damaged']);
  });

  async function inRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(stack().ready.redis_url);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** When each job was handed to a worker, in milliseconds; BullMQ keeps finished jobs for an hour. */
  function servedAt(ids: string[]): Promise<number[]> {
    return inRedis((redis) =>
      Promise.all(ids.map(async (id) => Number(await redis.hget(`${SHARDS}:${id}`, 'processedOn')))),
    );
  }
}
