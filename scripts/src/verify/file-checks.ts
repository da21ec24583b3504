import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Dialect } from '@cytoqueue/csv';
import { type FileDigest, type RunFile, type ShardObject, readShardHeader } from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectInfo, type ObjectStore } from '@cytoqueue/storage';
import { RowCounter } from './row-counter';

/** Compares size and SHA-256 of an object. @throws ObjectCorruptError */
export async function checkFile(store: ObjectStore, info: ObjectInfo, expected: FileDigest): Promise<void> {
  checkSize(info, expected);
  await checkDigest(info.key, info.size > 0 ? await store.getStream(info.key) : [], expected);
}

/** @throws ObjectCorruptError */
export function checkSize({ key, size }: ObjectInfo, expected: FileDigest): void {
  if (size !== expected.bytes) throw new ObjectCorruptError(key, `it has ${size} bytes, not ${expected.bytes}`);
}

/** Computes the SHA-256 while the content streams through; one chunk in memory. */
async function checkDigest(
  key: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: FileDigest,
  onChunk: (chunk: Uint8Array) => void = () => undefined,
): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    onChunk(chunk);
  }
  if (hash.digest('hex') !== expected.sha256) throw new ObjectCorruptError(key, 'it does not match its SHA-256');
}

/**
 * Checks a file of a run and counts its rows.
 * @param column column whose values are counted
 * @returns number of rows by value
 * @throws ObjectCorruptError
 */
export async function checkRows(
  file: RunFile,
  expected: FileDigest & { rows: number; dialect: Dialect },
  column?: number,
): Promise<ReadonlyMap<string, number>> {
  const counter = new RowCounter(expected.dialect, column);
  await checkDigest(file.key, file.chunks(), expected, (chunk) => counter.push(chunk));
  const rows = counter.end();
  if (rows !== expected.rows) throw new ObjectCorruptError(file.key, `it has ${rows} rows, not ${expected.rows}`);
  return counter.values;
}

/**
 * Checks header, length and CRC-32 of a shard object of any format; the rows stream through.
 * @throws ObjectCorruptError, ObjectFormatError
 */
export async function checkShard(
  store: ObjectStore,
  { key, size }: ObjectInfo,
  rows: number,
): Promise<Pick<ShardObject, 'counts' | 'agreement' | 'probabilities'>> {
  const head = await readShardHeader(store, { key, size });
  const expectedSize = head.headerBytes + head.rowBytes;
  if (size !== expectedSize) throw new ObjectCorruptError(key, `it has ${size} bytes, not ${expectedSize}`);
  let checksum = 0;
  if (head.rowBytes > 0) {
    for await (const chunk of await store.getStream(key, { start: head.headerBytes, end: size }))
      checksum = crc32(chunk as Uint8Array, checksum);
  }
  if (checksum !== head.crc32) throw new ObjectCorruptError(key, 'its rows do not match their checksum');
  if (head.counts.succeeded + head.counts.rejected !== rows)
    throw new ObjectCorruptError(key, 'it does not count the rows of its shard');
  return head;
}
