import { type ObjectStore, openStore } from '@cytoqueue/storage';

export class EmptyStoreError extends Error {}

/**
 * Opens a store without creating it, as `start` would: a mistyped address must not become an empty store.
 * @throws EmptyStoreError when the store holds no object
 */
export async function withExistingStore<T>(url: string, use: (store: ObjectStore) => Promise<T>): Promise<T> {
  const store = openStore(url);
  try {
    if ((await store.list({ prefix: '', limit: 1 })).objects.length === 0)
      throw new EmptyStoreError(`nothing found at ${store.url}: is the address right?`);
    return await use(store);
  } finally {
    await store.stop();
  }
}

/** Opens a store and starts it, which creates a missing file store. */
export async function withStartedStore<T>(url: string, use: (store: ObjectStore) => Promise<T>): Promise<T> {
  const store = openStore(url);
  await store.start();
  try {
    return await use(store);
  } finally {
    await store.stop();
  }
}
