import { type ObjectStore, sealDocument } from '@cytoqueue/storage';

export async function putJson(store: ObjectStore, key: string, value: object): Promise<void> {
  await store.put(key, sealDocument(value), { contentType: 'application/json' });
}
