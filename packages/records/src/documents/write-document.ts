import { ObjectMismatchError, type ObjectStore, type PutOptions } from '@cytoqueue/storage';
import type { Shape } from './document-shapes';
import type { PredictionCompletion } from './documents';
import { readDocument } from './read-document';
import { sealDocument } from './sealed-document';

const OPTIONS = { contentType: 'application/json' };

/** Seals and stores a document. */
export async function putDocument(store: ObjectStore, key: string, document: object): Promise<void> {
  await store.put(key, sealDocument(document), OPTIONS);
}

/** Seals and stores a write-once document. @throws ObjectMismatchError when another document is stored under the key */
export async function putDocumentOnce(
  store: ObjectStore,
  key: string,
  document: object,
  options: Pick<PutOptions, 'journal'> = {},
): Promise<void> {
  await store.putOnce(key, sealDocument(document), { ...OPTIONS, ...options });
}

/** Completes a prediction, if nothing has completed it before. @throws ObjectMismatchError when another completion is stored */
export async function putCompletion(store: ObjectStore, key: string, completion: PredictionCompletion): Promise<void> {
  await putDocumentOnce(store, key, completion, { journal: true });
}

/** Stores a write-once document unless another one is stored under the key. @returns `document`, or the one that was stored first */
export async function putOrReadDocument<T extends object>(
  store: ObjectStore,
  key: string,
  document: T,
  shape: Shape<T>,
  options?: Pick<PutOptions, 'journal'>,
): Promise<T> {
  try {
    await putDocumentOnce(store, key, document, options);
    return document;
  } catch (error) {
    if (!(error instanceof ObjectMismatchError)) throw error;
    return readDocument(store, key, shape);
  }
}
