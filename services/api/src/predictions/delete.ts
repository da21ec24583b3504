import { ObjectKeys, deletePending, findDocument, predictionRequestShape } from '@cytoqueue/records';
import { ObjectCorruptError, ObjectUnreadableError } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import { type ReviewDeps, removeReviews } from '../reviews/stored-reviews';
import type { PredictionDeps } from './accept-prediction';
import { isFinished, readPredictionResponse } from './prediction-response';

/**
 * Removes every object of a finished record, its reviews and its idempotency key. Until the request document is removed, a
 * failed DELETE can be repeated; after it the response is 204 and the rest is removed in the background. A worker that writes
 * the result meanwhile then finds no request and deletes the result.
 * @throws ObjectNotFoundError, Problem 409
 */
export async function deletePrediction(
  deps: PredictionDeps & Pick<ReviewDeps, 'quotas'>,
  tenant: string,
  id: string,
): Promise<void> {
  const { store, idempotency, background } = deps;
  await assertDeletable(deps, tenant, id);
  // First the marker: with a marker and no result, the reconciler would have the record scored again.
  await deletePending(store, tenant, id);
  await removeReviews(deps, tenant, id);
  const keySha256 = await readKeyDigest(deps, tenant, id);
  if (keySha256 !== undefined) await idempotency.forget(tenant, keySha256);
  await store.delete(ObjectKeys.predictionRequest(tenant, id));
  await background.tryNowThenRetry('delete prediction', async () => {
    // Also those that were stored since.
    await removeReviews(deps, tenant, id);
    await store.deletePrefix(ObjectKeys.predictionFolder(tenant, id));
  });
}

/** A record with a damaged or unreadable document cannot continue, so it may be deleted too. */
async function assertDeletable(deps: PredictionDeps, tenant: string, id: string): Promise<void> {
  try {
    const { status } = await readPredictionResponse(deps, tenant, id);
    if (!isFinished(status)) throw new Problem('not-finished', 'The prediction is not finished; cancel it first.');
  } catch (error) {
    if (!(error instanceof ObjectUnreadableError)) throw error;
  }
}

async function readKeyDigest({ store }: PredictionDeps, tenant: string, id: string): Promise<string | undefined> {
  try {
    const key = ObjectKeys.predictionRequest(tenant, id);
    return (await findDocument(store, key, predictionRequestShape))?.idempotency_sha256;
  } catch (error) {
    if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return undefined;
    throw error;
  }
}
