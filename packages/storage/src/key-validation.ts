import { InvalidKeyError, ObjectRangeError } from './errors';
import type { ByteRange } from './object-store';

const MAX_KEY_BYTES = 900; // S3 allows 1024, the store's own prefix included
const MAX_SEGMENT_BYTES = 255; // a file name
/** Control characters and half surrogate pairs survive neither XML nor UTF-8. */
const UNSAFE = /[\p{Cc}\p{Surrogate}\\]/u;

/** A leading dot is refused because it covers `.`, `..` and the file store's own hidden folders. */
function isSegment(segment: string): boolean {
  return segment !== '' && !segment.startsWith('.') && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES;
}

function isPath(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_KEY_BYTES && !UNSAFE.test(path);
}

/** Whether the key is one that every store can hold below its root. */
export function isKey(key: string): boolean {
  return isPath(key) && key.split('/').every(isSegment);
}

/** @throws InvalidKeyError unless `isKey`. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new InvalidKeyError('the object key is not a path of plain segments');
}

/** @throws InvalidKeyError unless the prefix is empty or the start of a valid key. */
export function checkPrefix(prefix: string): void {
  const segments = prefix.split('/');
  const last = segments.pop() ?? '';
  if (!isPath(prefix) || !segments.every(isSegment) || (last !== '' && !isSegment(last))) {
    throw new InvalidKeyError('the prefix is not the start of an object key');
  }
}

/** @throws InvalidKeyError unless the prefix is a whole folder, and not the whole store. */
export function checkFolder(prefix: string): void {
  if (!prefix.endsWith('/')) throw new InvalidKeyError('a prefix to delete ends in "/"');
  checkKey(prefix.slice(0, -1));
}

/** @throws ObjectRangeError for a range that lies inside no object at all. */
export function checkRange(key: string, range: ByteRange): void {
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) {
    throw new ObjectRangeError(key, range);
  }
}

const MAX_PAGE = 1000;

export function pageLimit(limit = MAX_PAGE): number {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError('a list limit is a positive integer');
  return Math.min(limit, MAX_PAGE);
}
