import { ObjectCorruptError, type ObjectStore, undefinedIfMissing } from '@cytoqueue/storage';
import { type Shape, hasShape } from './document-shapes';
import { unsealDocument } from './sealed-document';

/** Far more than any document has: a larger object is damaged, and reading it could fill the memory of the process. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** Reads the bytes of a document. @throws ObjectNotFoundError, ObjectCorruptError when there are far too many */
export function readDocumentBytes(store: ObjectStore, key: string): Promise<Buffer> {
  return store.get(key, undefined, MAX_DOCUMENT_BYTES);
}

/**
 * Reads a stored document. All readers use this function: a truncated, overwritten or incomplete document is an
 * ObjectCorruptError, which callers confine to its resource.
 * @throws ObjectNotFoundError, ObjectCorruptError
 */
export async function readDocument<T extends object>(store: ObjectStore, key: string, shape: Shape<T>): Promise<T> {
  return parseDocument(await readDocumentBytes(store, key), key, shape);
}

/** Like `readDocument`, but returns undefined for a missing document. */
export async function findDocument<T extends object>(
  store: ObjectStore,
  key: string,
  shape: Shape<T>,
): Promise<T | undefined> {
  return undefinedIfMissing(readDocument(store, key, shape));
}

/** Like `findDocument`, with the time at which the document was stored. */
export async function findTimedDocument<T extends object>(
  store: ObjectStore,
  key: string,
  shape: Shape<T>,
): Promise<{ document: T; modifiedAt: Date } | undefined> {
  const found = await undefinedIfMissing(store.getWithTime(key, MAX_DOCUMENT_BYTES));
  return found && { document: parseDocument(found.body, key, shape), modifiedAt: found.modifiedAt };
}

/** The part of a key that its document repeats as `id`. */
const OWNER = /\/((?:batch|pred)_[^/]+)\/(?:batch|request|result)\.json$/;

/**
 * Also refuses the document of another record or batch, which is intact and would show values under the wrong patient. Results of
 * earlier releases have no id.
 * @throws ObjectCorruptError; its message names the key, never the content
 */
export function parseDocument<T extends object>(bytes: Buffer, key: string, shape: Shape<T>): T {
  const value = unsealDocument<T>(key, bytes);
  if (!hasShape(value, shape)) throw new ObjectCorruptError(key, 'it lacks required members');
  const [owner, { id }] = [OWNER.exec(key)?.[1], value as { id?: unknown }];
  if (owner !== undefined && id !== undefined && id !== owner)
    throw new ObjectCorruptError(key, 'it is the document of another record or batch');
  return value;
}
