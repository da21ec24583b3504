import { ObjectMismatchError, type ObjectStore, StoreUnavailableError } from '@cytoqueue/storage';

/**
 * What is in the store stays: a version even if the shipped file has become another since, a champion somebody has chosen.
 * Looks before it writes, so that nobody needs the right to write where there is nothing to be written.
 * @throws StoreUnavailableError that names the key
 */
export async function putUnlessTaken(store: ObjectStore, key: string, bytes: Buffer): Promise<void> {
  if ((await store.head(key)) !== undefined) return;
  try {
    await store.putOnce(key, bytes, { contentType: 'application/json' });
  } catch (error) {
    if (error instanceof ObjectMismatchError) return;
    throw error instanceof StoreUnavailableError ? new StoreUnavailableError(`${key} is not in the store and cannot be put there`, { cause: error }) : error;
  }
}
