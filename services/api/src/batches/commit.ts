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
import { commitAccepted } from './commit-accepted';

/**
 * Stores `batch.json`, claims the idempotency key, if there is one, marks the batch as pending and enqueues it.
 * @returns this batch, or the earlier one that the key already names
 */
export async function commitBatch(
  deps: BatchDeps,
  { tenant, idempotencyKey }: Pick<Upload, 'tenant' | 'idempotencyKey'>,
  batch: BatchDocument,
  keyPayload: unknown,
): Promise<BatchDocument> {
  return commitAccepted(deps, {
    tenant,
    id: batch.id,
    folder: ObjectKeys.batchFolder(tenant, batch.id),
    idempotencyKey,
    storeDocument: async () => {
      await reserveStoreAndCheckQueue(deps, tenant, batch);
      return { resource: batch, keyPayload };
    },
    findResource: (id) => findBatch(deps, tenant, id),
    ensureAccepted: (earlier) => ensureAccepted(deps, tenant, earlier),
    enqueue: () => enqueue(deps, tenant, batch),
  });
}

/** Reserves the quota, stores `batch.json` and checks that Redis accepts jobs. */
async function reserveStoreAndCheckQueue(
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

/**
 * Finds the batch created earlier with this key and its payload digest; undefined when there is none or it has expired.
 */
export async function findByIdempotencyKey(
  deps: BatchDeps,
  tenant: string,
  key: string | undefined,
): Promise<{ batch: BatchDocument; payloadSha256: string } | undefined> {
  const claim = key === undefined ? undefined : await deps.idempotency.find(tenant, key);
  const batch = claim && (await findBatch(deps, tenant, claim.id));
  return claim && batch && { batch, payloadSha256: claim.payload_sha256 };
}

/**
 * Completes the acceptance of a batch whose request was interrupted after its claim: stores the marker and enqueues the
 * batch, unless its run is finished.
 */
export async function ensureAccepted(deps: BatchDeps, tenant: string, batch: BatchDocument): Promise<void> {
  const { store, producer, background } = deps;
  if ((await store.head(ObjectKeys.runManifest(tenant, batch.id, 1))) !== undefined) return;
  await putPending(store, tenant, batch.id);
  await background.tryNowThenRetry(
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
  await background.tryNowThenRetry(
    'enqueue batch',
    () => producer.enqueueBatch({ tenant, batchId: batch.id, run: 1, shards }),
    {
      giveUpAfterMs: ENQUEUE_RETRY_MS,
    },
  );
}
