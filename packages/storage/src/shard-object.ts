import { crc32 } from 'node:zlib';
import type { BatchSummary } from './documents';
import { ObjectCorruptError } from './errors';

/** What one shard came to. */
export interface ShardCounts extends BatchSummary {
  succeeded: number;
  rejected: number;
  /** Rows whose class differs from that of the model compared with; 0 where none is. */
  changed: number;
}

/** The parts of a shard object, in their order: rows of the result file, the errors file and the changes file. */
const PARTS = ['results', 'errors', 'changes'] as const;
type Parts = Record<(typeof PARTS)[number], Uint8Array>;

/** The content of `shards/00042.{model}.shard`: rows of a run's files, and their counts. */
export interface ShardObject extends Parts {
  counts: ShardCounts;
  /** How often each feature had which value (see `countValues` of packages/samples); empty where that is not counted. */
  histogram: ArrayLike<number>;
}

interface ShardHeader {
  counts: ShardCounts;
  histogram: number[];
  bytes: Record<(typeof PARTS)[number], number>;
  /** Of all that follows the header. */
  crc32: number;
}

const LINE_FEED = 10;

/**
 * One line of JSON, then the bytes of each part. The same shard and model give the same object.
 * @returns bytes in an ArrayBuffer of their own, which a thread can hand over
 */
export function encodeShardObject(object: ShardObject): Buffer {
  const { counts, histogram, results, errors, changes } = object;
  const lengths = { results: results.length, errors: errors.length, changes: changes.length };
  const checksum = PARTS.reduce((sum, part) => crc32(object[part], sum), 0);
  const header: ShardHeader = { counts, histogram: Array.from(histogram), bytes: lengths, crc32: checksum };
  const pieces = [Buffer.from(`${JSON.stringify(header)}\n`), ...PARTS.map((part) => object[part])];
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Views into `bytes`, no copies. @throws ObjectCorruptError when the bytes are not what was encoded */
export function decodeShardObject(bytes: Buffer): ShardObject {
  const headerEnd = bytes.indexOf(LINE_FEED);
  if (headerEnd < 0) throw new ObjectCorruptError('not a shard object');
  const header = JSON.parse(bytes.toString('utf8', 0, headerEnd)) as ShardHeader;
  let at = headerEnd + 1;
  const parts = PARTS.map((part) => [part, bytes.subarray(at, (at += header.bytes[part]))]);
  if (at !== bytes.length) throw new ObjectCorruptError('a shard object was cut short');
  if (crc32(bytes.subarray(headerEnd + 1)) !== header.crc32) throw new ObjectCorruptError('a shard object does not match its checksum');
  return { counts: header.counts, histogram: header.histogram, ...(Object.fromEntries(parts) as Parts) };
}

/** Enough bytes of a shard object to hold its first line. */
export const SHARD_HEAD_BYTES = 4_096;

/** The counts alone, from the object's first bytes. */
export function decodeShardCounts(head: Buffer): ShardCounts {
  return (JSON.parse(head.toString('utf8', 0, head.indexOf(LINE_FEED))) as ShardHeader).counts;
}

export function emptyCounts(): ShardCounts {
  return { succeeded: 0, rejected: 0, benign: 0, malignant: 0, indeterminate: 0, missing_features: 0, changed: 0 };
}
