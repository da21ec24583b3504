import {
  ObjectKeys,
  type ReviewDocument,
  findDocument,
  reviewShape,
  sealDocument,
  putOrReadDocument,
} from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore, listAll } from '@cytoqueue/storage';
import { Problem } from '../http/problem';
import type { TenantQuotas } from '../tenants/tenant-quotas';

export interface ReviewDeps {
  store: ObjectStore;
  quotas: Pick<TenantQuotas, 'storage'>;
}

export interface ReviewTarget {
  tenant: string;
  /** Folder of its reviews. */
  folder: string;
  /** Key of the document whose existence makes the record or batch exist. */
  documentKey: string;
}

/**
 * Stores a review once per id. If the store fails, the size stays reserved, because the review may have been written; the next
 * count of the tenant's objects corrects it.
 * @returns the review that was stored first
 * @throws Problem 413, ObjectNotFoundError when the reviewed resource is deleted meanwhile
 */
export async function storeReview(
  { store, quotas }: ReviewDeps,
  { tenant, folder, documentKey }: ReviewTarget,
  review: ReviewDocument,
): Promise<ReviewDocument> {
  const key = `${folder}${review.id}`;
  try {
    await quotas.storage.reserve(tenant, review.id, sealDocument(review).length);
  } catch (error) {
    // A repeated request stores nothing, so the quota does not apply.
    const first = error instanceof Problem ? await findDocument(store, key, reviewShape) : undefined;
    if (first === undefined) throw error;
    return first;
  }
  const stored = await putOrReadDocument(store, key, review, reviewShape);
  if ((await store.head(documentKey)) !== undefined) return stored;
  // A deletion that began before the review was stored may have missed it.
  await store.delete(key);
  await quotas.storage.release(tenant, review.id);
  throw new ObjectNotFoundError(documentKey);
}

/** Removes all reviews of a record, or of a batch's rows, and their share of the quota. */
export async function removeReviews({ store, quotas }: ReviewDeps, tenant: string, id: string): Promise<void> {
  for await (const { key } of listAll(store, ObjectKeys.resourceReviewsFolder(tenant, id))) {
    await store.delete(key);
    await quotas.storage.release(tenant, key.slice(key.lastIndexOf('/') + 1));
  }
}
