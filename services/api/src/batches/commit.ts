/*
 * The commit point is the pending marker. Before it a failure is rolled back, in the background until nothing is left.
 * From it on nothing is rolled back and the answer is 202: when the jobs cannot be enqueued at once, this process tries
 * again, and after a minute the reconciler does. When the claim of an idempotency key stands, another request may have
 * promised its batch, so that is not rolled back either: repeating the key completes it.
 */
import { type BatchRecord, ObjectKeys, batchRecordShape, findDocument, unscoredShards } from '@cytoqueue/storage';
import { payloadDigest } from '../http/idempotency';
import { putJson } from '../http/stored-json';
import type { BatchServices, Upload } from './accept';
import { rollback, withRollback } from './rollback';

/** Then the reconciler has seen the marker. */
const ENQUEUE_FOR_MS = 90_000;

/** Stores the description, claims the key, marks the batch as pending and enqueues it. @returns the batch that the key stands for */
export async function commitBatch(
  services: BatchServices,
  { tenant, idempotencyKey: key }: Pick<Upload, 'tenant' | 'idempotencyKey'>,
  record: BatchRecord,
  payload: unknown,
): Promise<BatchRecord> {
  const { store, idempotency, producer, use, retention } = services;
  const { id } = record;
  const claim = { id, payload_sha256: payloadDigest(payload) };
  const earlier = await withRollback(services, tenant, id, async () => {
    await use.stored.reserve(tenant, id, record.input.bytes);
    await putJson(store, ObjectKeys.batchRecord(tenant, id), record);
    await producer.assertAvailable();
    if (key === undefined) {
      await mark(services, tenant, id);
      return undefined;
    }
    for (let claimed = await idempotency.claim(tenant, key, claim); claimed !== id; ) {
      const found = await findDocument(store, ObjectKeys.batchRecord(tenant, claimed), batchRecordShape);
      if (found !== undefined && !retention.isExpired(claimed)) return found;
      claimed = await idempotency.claimAfter(claimed, tenant, key, claim);
    }
    return undefined;
  });
  if (earlier !== undefined) {
    await rollback(services, tenant, id);
    await resumeBatch(services, tenant, earlier);
    return earlier;
  }
  if (key !== undefined) await mark(services, tenant, id);
  await enqueue(services, tenant, record);
  return record;
}

/** The batch that the key made earlier and what it was made of; undefined when there is none, or it has expired. */
export async function findEarlierBatch(
  { store, idempotency, retention }: BatchServices,
  tenant: string,
  key: string | undefined,
): Promise<{ record: BatchRecord; payloadSha256: string } | undefined> {
  const claim = key === undefined ? undefined : await idempotency.find(tenant, key);
  if (claim === undefined || retention.isExpired(claim.id)) return undefined;
  const record = await findDocument(store, ObjectKeys.batchRecord(tenant, claim.id), batchRecordShape);
  return record && { record, payloadSha256: claim.payload_sha256 };
}

/** Completes an acceptance that was cut short behind its claim: at once, where the reconciler would wait for a minute. */
export async function resumeBatch(services: BatchServices, tenant: string, record: BatchRecord): Promise<void> {
  const { store, producer, background } = services;
  if ((await store.head(ObjectKeys.runManifest(tenant, record.id, 1))) !== undefined) return;
  await mark(services, tenant, record.id);
  await background.run('enqueue batch', async () => {
    if (await producer.canRunFinish(record.id, 1)) return;
    await producer.reenqueueBatch({ tenant, batchId: record.id, run: 1, shards: await unscoredShards(store, tenant, record) });
  }, { giveUpAfterMs: ENQUEUE_FOR_MS });
}

async function mark({ store }: BatchServices, tenant: string, id: string): Promise<void> {
  await store.put(ObjectKeys.pending(tenant, id), Buffer.alloc(0));
}

async function enqueue({ producer, background }: BatchServices, tenant: string, record: BatchRecord): Promise<void> {
  const shards = record.shards.map(({ rows }, shard) => ({ shard, rows }));
  await background.run('enqueue batch', () => producer.enqueueBatch({ tenant, batchId: record.id, run: 1, shards }), { giveUpAfterMs: ENQUEUE_FOR_MS });
}
