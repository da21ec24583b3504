import { ConfirmationKeys, confirmationShape, idTimeMs, readDocument } from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore } from '@cytoqueue/storage';
import { changeWithMarker } from './marked-change';
import { listSummaries } from './summarize';

/** Removes an entry for good: a repetition of the request that brought it does not store it again. @throws ObjectNotFoundError */
export async function deleteEntry(store: ObjectStore, tenant: string, id: string): Promise<void> {
  await removeEntry(store, tenant, id, async (key) => {
    await store.put(ConfirmationKeys.deleted(tenant, id), Buffer.alloc(0));
    await store.delete(key);
  });
}

/** Removes an entry; the next pass takes it out of the summary of its day. @throws ObjectNotFoundError */
export async function removeEntry(
  store: ObjectStore,
  tenant: string,
  id: string,
  remove: (key: string) => Promise<void> = (key) => store.delete(key),
): Promise<void> {
  const key = ConfirmationKeys.entry(tenant, id);
  try {
    const entry = await readDocument(store, key, confirmationShape);
    await changeWithMarker(store, tenant, entry, 'deleted', () => remove(key));
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    await markDays(store, tenant, id);
    await remove(key);
  }
}

/** A damaged entry does not say on which day it counts: it leaves every summary that may hold it. */
async function markDays(store: ObjectStore, tenant: string, id: string): Promise<void> {
  const acceptedMs = idTimeMs('conf_', id) ?? Infinity;
  for (const { day } of await listSummaries(store, tenant))
    if (Date.parse(day) <= acceptedMs)
      await store.put(ConfirmationKeys.change(tenant, { day, id, kind: 'deleted' }), Buffer.alloc(0));
}
