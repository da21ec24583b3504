import { type ConfirmationDocument, ConfirmationKeys } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';

/** A marker whose change is not in the store after this time belongs to a request that has failed. */
export const CHANGE_MARKER_TTL_MS = 10 * 60_000;

/**
 * Changes an entry after writing a marker, so that the summary of the day gets the change however this process ends. Writes the
 * marker again after a change that took so long that the marker may have been dropped.
 */
export async function changeWithMarker(
  store: ObjectStore,
  tenant: string,
  { id, predicted_at }: ConfirmationDocument,
  kind: 'added' | 'deleted',
  change: () => Promise<unknown>,
): Promise<void> {
  const marker = ConfirmationKeys.change(tenant, { day: predicted_at.slice(0, 10), id, kind });
  const startedMs = Date.now();
  await store.put(marker, Buffer.alloc(0));
  await change();
  if (Date.now() - startedMs > CHANGE_MARKER_TTL_MS / 2) await store.put(marker, Buffer.alloc(0));
}
