import type { ObjectStore } from '@cytoqueue/storage';
import { sealDocument } from '@cytoqueue/records';

export async function putJson(store: ObjectStore, key: string, value: object): Promise<void> {
  await store.put(key, sealDocument(value), { contentType: 'application/json' });
}
