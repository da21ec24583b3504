import { type ObjectStore, openStore } from '@cytoqueue/storage';

/**
 * Opens a store without creating it, as `start` would: a mistyped address must not become an empty store.
 * @throws Error when the store holds no object
 */
export async function withExistingStore<T>(url: string, use: (store: ObjectStore) => Promise<T>): Promise<T> {
  const store = openStore(url);
  try {
    if ((await store.list({ prefix: '', limit: 1 })).objects.length === 0)
      throw new Error(`nothing found at ${store.url}: is STORAGE_URL or DATA_DIR right?`);
    return await use(store);
  } finally {
    await store.stop();
  }
}
