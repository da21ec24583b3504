import { ObjectKeys, deletePending, findDocument, predictionRequestShape } from '@cytoqueue/records';
import { ObjectCorruptError, ObjectUnreadableError } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import { type ReviewDeps, removeReviews } from '../reviews/stored-reviews';
import type { PredictionDeps } from './accept-prediction';
import { isFinished, readPredictionResponse } from './prediction-response';

/**
 * Removes every object of a finished record, its reviews too, and forgets its idempotency key. Commit point: the request. Until then a failed DELETE can be
 * repeated; from then on the answer is 204 and the rest is removed in the background. A worker that was about to write the result
 * looks for the request afterwards, and removes what it wrote.
 * @throws ObjectNotFoundError, Problem 409
 */
export async function deletePrediction(
  deps: PredictionDeps & Pick<ReviewDeps, 'quotas'>,
  tenant: string,
  id: string,
): Promise<void> {
  const { store, idempotency, background } = deps;
  await assertDeletable(deps, tenant, id);
  // Before the result, without which a marker would have the record scored again.
  await deletePending(store, tenant, id);
  await removeReviews(deps, tenant, id);
  const keySha256 = await readKeyDigest(deps, tenant, id);
  if (keySha256 !== undefined) await idempotency.forget(tenant, keySha256);
  await store.delete(ObjectKeys.predictionRequest(tenant, id));
  await background.run('delete prediction', () => store.deletePrefix(ObjectKeys.predictionFolder(tenant, id)));
}

/** A record of which a document is damaged or cannot be read cannot go on, and may be deleted. */
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
