/*
 * The commit point is the pending marker. A failure before it is rolled back; the rollback is retried in the background
 * until nothing is left. After it nothing is rolled back and the response is 202: when the jobs cannot be enqueued, this
 * process retries, and after a minute the reconciler enqueues them. Once an idempotency key is claimed, another request
 * may already have returned the batch, so it is not rolled back either: repeating the key completes it.
 */
import {
  type BatchDocument,
  ObjectKeys,
  batchDocumentShape,
  findDocument,
  listUnscoredShards,
  putDocument,
  putPending,
} from '@cytoqueue/records';
import { ENQUEUE_RETRY_MS } from '../concurrency/background';
import { payloadDigest } from '../tenants/idempotency';
import type { BatchDeps, Upload } from './batch-deps';
import { rollback, withRollback } from './rollback';

/** Stores `batch.json`, claims the key, marks the batch as pending and enqueues it. @returns the batch that the key stands for */
export async function commitBatch(
  deps: BatchDeps,
  { tenant, idempotencyKey: key }: Pick<Upload, 'tenant' | 'idempotencyKey'>,
  batch: BatchDocument,
  payload: unknown,
): Promise<BatchDocument> {
  const { id } = batch;
  if (key === undefined) {
    await withRollback(deps, tenant, id, async () => {
      await reserveAndDescribe(deps, tenant, batch);
      await putPending(deps.store, tenant, id);
    });
  } else {
    const accepted = await withRollback(deps, tenant, id, async () => {
      await reserveAndDescribe(deps, tenant, batch);
      return claimKey(deps, tenant, key, batch, payload);
    });
    if (accepted.id !== id) {
      await rollback(deps, tenant, id);
      await ensureEnqueued(deps, tenant, accepted);
      return accepted;
    }
    await putPending(deps.store, tenant, id);
  }
  await enqueue(deps, tenant, batch);
  return batch;
}

/** Reserves the quota, stores `batch.json` and checks that Redis accepts jobs. */
async function reserveAndDescribe(
  { store, producer, quotas }: BatchDeps,
  tenant: string,
  batch: BatchDocument,
): Promise<void> {
  await quotas.storage.reserve(tenant, batch.id, storedBytes(batch));
  await putDocument(store, ObjectKeys.batchDocument(tenant, batch.id), batch);
  await producer.assertAvailable();
}

/** Claims the key for `batch`. @returns `batch`, or the batch of the request that claimed the key first */
async function claimKey(
  { store, idempotency, retention }: BatchDeps,
  tenant: string,
  key: string,
  batch: BatchDocument,
  payload: unknown,
): Promise<BatchDocument> {
  const claim = { id: batch.id, payload_sha256: payloadDigest(payload) };
  for (let claimed = await idempotency.claim(tenant, key, claim); claimed !== batch.id;) {
    const found = await findDocument(store, ObjectKeys.batchDocument(tenant, claimed), batchDocumentShape);
    if (found !== undefined && !retention.isExpired(claimed)) return found;
    // The batch of the first claim was deleted or has expired.
    claimed = await idempotency.reclaim(claimed, tenant, key, claim);
  }
  return batch;
}

/** Size of the original plus the canonical file, if there is one. */
export function storedBytes({ input }: Pick<BatchDocument, 'input'>): number {
  return input.bytes + (input.canonical?.bytes ?? 0);
}

/** Finds the batch created earlier with this key and its payload digest; undefined when there is none or it has expired. */
export async function findByIdempotencyKey(
  { store, idempotency, retention }: BatchDeps,
  tenant: string,
  key: string | undefined,
): Promise<{ batch: BatchDocument; payloadSha256: string } | undefined> {
  const claim = key === undefined ? undefined : await idempotency.find(tenant, key);
  if (claim === undefined || retention.isExpired(claim.id)) return undefined;
  const batch = await findDocument(store, ObjectKeys.batchDocument(tenant, claim.id), batchDocumentShape);
  return batch && { batch, payloadSha256: claim.payload_sha256 };
}

/** Enqueues a batch whose upload was interrupted after claiming its key, without the reconciler's delay of a minute. */
export async function ensureEnqueued(deps: BatchDeps, tenant: string, batch: BatchDocument): Promise<void> {
  const { store, producer, background } = deps;
  if ((await store.head(ObjectKeys.runManifest(tenant, batch.id, 1))) !== undefined) return;
  await putPending(store, tenant, batch.id);
  await background.run(
    'enqueue batch',
    async () => {
      if (await producer.canRunFinish(batch.id, 1)) return;
      await producer.reenqueueBatch({
        tenant,
        batchId: batch.id,
        run: 1,
        shards: await listUnscoredShards(store, tenant, batch),
      });
    },
    { giveUpAfterMs: ENQUEUE_RETRY_MS },
  );
}

async function enqueue({ producer, background }: BatchDeps, tenant: string, batch: BatchDocument): Promise<void> {
  const shards = batch.shards.map(({ rows }, shard) => ({ shard, rows }));
  await background.run('enqueue batch', () => producer.enqueueBatch({ tenant, batchId: batch.id, run: 1, shards }), {
    giveUpAfterMs: ENQUEUE_RETRY_MS,
  });
}
