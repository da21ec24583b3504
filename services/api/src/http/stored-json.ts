import { ObjectNotFoundError, type ObjectStore, openDocument, sealDocument } from '@cytoqueue/storage';

/** A JSON object of the store; undefined when there is none. @throws ObjectCorruptError */
export async function readJsonObject<T extends object>(store: ObjectStore, key: string): Promise<T | undefined> {
  try {
    return openDocument<T>(key, await store.get(key));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

export async function putJson(store: ObjectStore, key: string, value: object): Promise<void> {
  await store.put(key, sealDocument(value), { contentType: 'application/json' });
}
