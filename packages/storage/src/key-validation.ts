import { InvalidKeyError, ObjectRangeError } from './errors';
import type { ByteRange } from './object-store';

const MAX_KEY_BYTES = 900; // S3 allows 1024, including the store's prefix
const MAX_SEGMENT_BYTES = 255; // limit of file systems for a name
/** Control characters are invalid in XML, lone surrogates in UTF-8; a backslash separates folders on Windows. */
const UNSAFE = /[\p{Cc}\p{Surrogate}\\]/u;

/** Refuses a leading dot, which excludes `.`, `..` and the file store's hidden folders. */
function isSegment(segment: string): boolean {
  return segment !== '' && !segment.startsWith('.') && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES;
}

function isPath(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_KEY_BYTES && !UNSAFE.test(path);
}

/** Whether every adapter can store this key. */
export function isKey(key: string): boolean {
  return isPath(key) && key.split('/').every(isSegment);
}

/** @throws InvalidKeyError unless `isKey(key)` */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new InvalidKeyError('the object key is not a path of valid segments');
}

/** @throws InvalidKeyError unless the prefix is empty or starts a valid key */
export function checkPrefix(prefix: string): void {
  const segments = prefix.split('/');
  const last = segments.pop() ?? '';
  if (!isPath(prefix) || !segments.every(isSegment) || (last !== '' && !isSegment(last))) {
    throw new InvalidKeyError('the prefix is not the start of an object key');
  }
}

/** @throws InvalidKeyError unless the prefix is a folder below the store's root */
export function checkFolder(prefix: string): void {
  if (!prefix.endsWith('/')) throw new InvalidKeyError('the prefix of a folder must end in "/"');
  checkKey(prefix.slice(0, -1));
}

/** @throws ObjectRangeError for a range that no object can contain */
export function checkRange(key: string, range: ByteRange): void {
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) {
    throw new ObjectRangeError(key, range);
  }
}

const MAX_PAGE = 1000;

export function pageLimit(limit = MAX_PAGE): number {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError('the list limit must be a positive integer');
  return Math.min(limit, MAX_PAGE);
}
