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
      return deps.idempotency.claimFor(tenant, key, batch, payload, (claimed) => findBatch(deps, tenant, claimed));
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

/** Size of the original plus the canonical file, if there is one. */
export function storedBytes({ input }: Pick<BatchDocument, 'input'>): number {
  return input.bytes + (input.canonical?.bytes ?? 0);
}

/** Undefined for a batch that was deleted or has expired. */
async function findBatch(
  { store, retention }: Pick<BatchDeps, 'store' | 'retention'>,
  tenant: string,
  id: string,
): Promise<BatchDocument | undefined> {
  if (retention.isExpired(id)) return undefined;
  return findDocument(store, ObjectKeys.batchDocument(tenant, id), batchDocumentShape);
}

/** Finds the batch created earlier with this key and its payload digest; undefined when there is none or it has expired. */
export async function findByIdempotencyKey(
  deps: BatchDeps,
  tenant: string,
  key: string | undefined,
): Promise<{ batch: BatchDocument; payloadSha256: string } | undefined> {
  const claim = key === undefined ? undefined : await deps.idempotency.find(tenant, key);
  const batch = claim && (await findBatch(deps, tenant, claim.id));
  return claim && batch && { batch, payloadSha256: claim.payload_sha256 };
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
