import type { BatchSummary } from './documents';

/** What one shard came to. */
export interface ShardCounts extends BatchSummary {
  succeeded: number;
  rejected: number;
}

/** The content of `shards/00042.{model}.shard`: rows of the result file, rows of the errors file, and their counts. */
export interface ShardObject {
  counts: ShardCounts;
  results: Uint8Array;
  errors: Uint8Array;
}

interface ShardHeader {
  counts: ShardCounts;
  results_bytes: number;
  errors_bytes: number;
}

const LINE_FEED = 10;

/** One line of JSON, then the results' bytes, then the errors' bytes. The same shard and model give the same object. */
export function encodeShardObject({ counts, results, errors }: ShardObject): Buffer {
  const header: ShardHeader = { counts, results_bytes: results.length, errors_bytes: errors.length };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), results, errors]);
}

/** Views into `bytes`, no copies. @throws Error when the bytes are not a whole shard object */
export function decodeShardObject(bytes: Buffer): ShardObject {
  const headerEnd = bytes.indexOf(LINE_FEED);
  if (headerEnd < 0) throw new Error('not a shard object');
  const { counts, results_bytes, errors_bytes } = JSON.parse(bytes.toString('utf8', 0, headerEnd)) as ShardHeader;
  const resultsStart = headerEnd + 1;
  const errorsStart = resultsStart + results_bytes;
  if (errorsStart + errors_bytes !== bytes.length) throw new Error('a shard object was cut short');
  return { counts, results: bytes.subarray(resultsStart, errorsStart), errors: bytes.subarray(errorsStart) };
}
