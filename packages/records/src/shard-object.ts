import { crc32 } from 'node:zlib';
import type { AgreementCounts } from './agreement';
import type { BatchSummary } from './documents/documents';
import { ObjectCorruptError, ObjectFormatError } from '@cytoqueue/storage';
import { parseJson } from './documents/sealed-document';
import { PROBABILITY_BINS } from './probability-bins';

/** The counts of one shard. The confident counts by class are NaN in objects up to format 4. */
export interface ShardCounts extends Required<BatchSummary> {
  succeeded: number;
  rejected: number;
  /** Rows whose class differs from the compared model's; 0 without a comparison. */
  changed: number;
}

/** The sections of a shard object in order: rows of the results, errors and changes files. */
const SECTIONS = ['results', 'errors', 'changes'] as const;
type Sections = Record<(typeof SECTIONS)[number], Uint8Array>;

/** The content of `shards/00042.{model}.shard`: rows of a run's files, and their counts. */
export interface ShardObject extends Sections {
  counts: ShardCounts;
  /** Present for a file with a class column; absent up to format 3. */
  agreement?: AgreementCounts;
  /** Value counts per feature (see `valueHistogram` in packages/samples); empty if not counted. */
  histogram: ArrayLike<number>;
  /** Scored rows by tenths of the positive class's probability; absent up to format 5. */
  probabilities?: readonly number[];
}

interface ShardHeader {
  /** Absent in objects of format 1. */
  format?: number;
  /** The object's key, to detect the object of another shard; absent up to format 2. */
  key?: string;
  counts: ShardCounts;
  agreement?: AgreementCounts;
  histogram: number[];
  probabilities?: readonly number[];
  bytes: Record<(typeof SECTIONS)[number], number>;
  /** Checksum of all bytes after the header. */
  crc32: number;
  /** Checksum of the header up to this member; absent in format 1. */
  header_crc32?: number;
}

/**
 * The format that this release writes. Raise it with every change of the header, the result columns or the evidence: if two
 * objects of one shard differ in format, the first stays and no alarm is raised. Releases before format 2 read every format,
 * because they ignore unknown header members.
 */
export const SHARD_FORMAT = 6;
/** The first format with confident counts by class. */
const CONFIDENT_COUNTS_FORMAT = 5;
const MEMBERS = ['counts', 'histogram', 'bytes', 'crc32'];
const HEADER_CHECKSUM = /^(\{"format":\d+,.*),"header_crc32":(\d+)\}$/;
const LINE_FEED = 10;

/** Memory that replaces a given one that was too small is larger than needed by this factor, for the next shard. */
const SPARE_FACTOR = 1.25;

/**
 * Encodes a header line of JSON, then the bytes of each section. Checksums cover every byte. Deterministic for a shard and model.
 * @param options `key`: the object's key; readers refuse the object under another key. `buffer`: written to if it is
 *   large enough. Results that already lie in it are not copied if there is room for the header before them and for the
 *   other sections after them
 * @returns bytes in an ArrayBuffer that nothing else uses, so that a thread can transfer it
 */
export function encodeShardObject(object: ShardObject, options: { key?: string; buffer?: ArrayBuffer } = {}): Buffer {
  const { key, buffer } = options;
  const header = Buffer.from(`${headerLine(object, key)}\n`);
  const pieces = [header, ...SECTIONS.map((section) => object[section])];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { results } = object;
  const start = results.buffer === buffer ? results.byteOffset - header.length : 0;
  const bytes =
    buffer !== undefined && start >= 0 && buffer.byteLength >= start + length
      ? Buffer.from(buffer, start, length)
      : newMemory(length, buffer === undefined ? 0 : Math.max(0, SHARD_HEADER_MAX_BYTES - header.length));
  let at = 0;
  for (const piece of pieces) {
    const isInPlace = piece.buffer === bytes.buffer && piece.byteOffset === bytes.byteOffset + at;
    if (!isInPlace) bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * @param start where the object begins, so that its results are where those of the next one are written; 0 if none
 *   follows
 */
function newMemory(length: number, start: number): Buffer {
  if (start === 0) return Buffer.allocUnsafeSlow(length);
  return Buffer.from(new ArrayBuffer(Math.ceil((start + length) * SPARE_FACTOR)), start, length);
}

function headerLine(object: ShardObject, key: string | undefined): string {
  const { counts, agreement, histogram, probabilities, results, errors, changes } = object;
  const header: ShardHeader = {
    format: SHARD_FORMAT,
    key,
    counts,
    agreement,
    histogram: Array.from(histogram),
    probabilities,
    bytes: { results: results.length, errors: errors.length, changes: changes.length },
    // For an empty section crc32 may return 0 instead of the running checksum.
    crc32: SECTIONS.filter((section) => object[section].length > 0).reduce(
      (sum, section) => crc32(object[section], sum),
      0,
    ),
  };
  const checksummed = JSON.stringify(header).slice(0, -1);
  return `${checksummed},"header_crc32":${crc32(checksummed)}}`;
}

/**
 * Decodes a shard object into views of `bytes`, without copies.
 * @param rows the shard's number of rows, if its counts must add up to it
 * @throws ObjectCorruptError when the bytes are damaged, ObjectFormatError when a later release wrote them
 */
export function decodeShardObject(bytes: Buffer, key: string, rows?: number): ShardObject & { format: number } {
  const { header, headerEnd } = readHeader(bytes, key);
  const { counts, agreement, histogram, probabilities, format = 1 } = header;
  let at = headerEnd + 1;
  const sections = SECTIONS.map((section) => [section, bytes.subarray(at, (at += header.bytes[section]))]);
  if (at !== bytes.length) throw new ObjectCorruptError(key, `it has ${bytes.length} bytes, not ${at}`);
  if (crc32(bytes.subarray(headerEnd + 1)) !== header.crc32)
    throw new ObjectCorruptError(key, 'its rows do not match their checksum');
  if (rows !== undefined && counts.succeeded + counts.rejected !== rows)
    throw new ObjectCorruptError(key, 'its counts do not add up to the rows of its shard');
  return {
    format,
    counts,
    ...(agreement && { agreement }),
    histogram,
    ...(probabilities && { probabilities }),
    ...(Object.fromEntries(sections) as Sections),
  };
}

/** No intact shard object has more bytes: its sections repeat the input's rows at most three times, each row with its result or error. */
export function maxShardBytes({ length, rows }: { length: number; rows: number }): number {
  return SHARD_HEADER_MAX_BYTES + 8 * length + 8_192 * rows;
}

/** Enough bytes of a shard object to hold its first line. Threads leave as many before the results. */
export const SHARD_HEADER_MAX_BYTES = 65_536;

/** Decodes only the counts, from the object's first bytes. @throws ObjectCorruptError, ObjectFormatError */
export function decodeShardCounts(head: Buffer, key: string): ShardCounts {
  return readHeader(head, key).header.counts;
}

/**
 * Decodes the header from the object's first bytes: number of bytes that follow and their CRC-32, for a reader that verifies the
 * rows while streaming. @throws ObjectCorruptError, ObjectFormatError
 */
export function decodeShardHeader(
  head: Buffer,
  key: string,
): Pick<ShardHeader, 'counts' | 'histogram' | 'agreement' | 'probabilities' | 'crc32'> & {
  headerBytes: number;
  rowBytes: number;
  /** Length of the result rows, which follow the header directly. */
  resultBytes: number;
} {
  const { header, headerEnd } = readHeader(head, key);
  const rowBytes = SECTIONS.reduce((sum, section) => sum + header.bytes[section], 0);
  const { counts, histogram, agreement, probabilities, crc32: checksum } = header;
  return {
    counts,
    histogram,
    agreement,
    probabilities,
    headerBytes: headerEnd + 1,
    rowBytes,
    resultBytes: header.bytes.results,
    crc32: checksum,
  };
}

function readHeader(bytes: Buffer, key: string): { header: ShardHeader; headerEnd: number } {
  const headerEnd = bytes.indexOf(LINE_FEED);
  if (headerEnd < 0) throw new ObjectCorruptError(key, 'it has no header');
  const line = bytes.toString('latin1', 0, headerEnd);
  const [, checksummed, checksum] = HEADER_CHECKSUM.exec(line) ?? [];
  if (checksummed !== undefined && crc32(checksummed) !== Number(checksum))
    throw new ObjectCorruptError(key, 'its header does not match its checksum');
  const header = parseJson<ShardHeader>(key, bytes.subarray(0, headerEnd));
  // Only format 1 has no header checksum; a damaged checksum member must not count as a missing one.
  if (checksummed === undefined && Object.keys(header).join() !== MEMBERS.join())
    throw new ObjectCorruptError(key, 'its header is damaged');
  if (header.format !== undefined && header.format > SHARD_FORMAT) throw new ObjectFormatError(key, header.format);
  if (header.key !== undefined && header.key !== key)
    throw new ObjectCorruptError(key, 'it is the object of another shard');
  if (!hasValidCounts(header)) throw new ObjectCorruptError(key, 'its counts contradict each other');
  if ((header.format ?? 1) < CONFIDENT_COUNTS_FORMAT)
    Object.assign(header.counts, { confident_benign: NaN, confident_malignant: NaN });
  return { header, headerEnd };
}

/** Headers of format 1 have no checksum, so check that the counts are consistent. */
function hasValidCounts({
  format = 1,
  counts,
  histogram,
  probabilities,
  bytes,
  crc32: checksum,
}: ShardHeader): boolean {
  const hasConfident = format >= CONFIDENT_COUNTS_FORMAT;
  const lists = probabilities === undefined ? [histogram] : [histogram, probabilities];
  const numbers = [
    ...COUNT_NAMES.filter((name) => hasConfident || !name.startsWith('confident_')).map((name) => counts?.[name]),
    ...SECTIONS.map((section) => bytes?.[section]),
    checksum,
    ...lists.flatMap((list) => (Array.isArray(list) ? list : [NaN])),
  ];
  if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) return false;
  const { succeeded, benign, malignant, indeterminate, missing_features, changed } = counts;
  const { confident_benign, confident_malignant } = counts;
  return (
    benign + malignant === succeeded &&
    [indeterminate, missing_features, changed].every((count) => count <= succeeded) &&
    (!hasConfident || confident_benign + confident_malignant + indeterminate === succeeded) &&
    (probabilities === undefined ||
      (probabilities.length === PROBABILITY_BINS && probabilities.reduce((sum, rows) => sum + rows, 0) === succeeded))
  );
}

/** The error of the rows of a failed shard. */
export const SHARD_FAILED = {
  code: 'shard-failed',
  detail: 'this part of the file could not be scored after several attempts; retry the batch',
} as const;

const COUNT_NAMES = [
  'succeeded',
  'rejected',
  'benign',
  'malignant',
  'indeterminate',
  'missing_features',
  'confident_benign',
  'confident_malignant',
  'changed',
] as const satisfies readonly (keyof ShardCounts)[];

export function emptyCounts(): ShardCounts {
  return Object.fromEntries(COUNT_NAMES.map((name) => [name, 0])) as unknown as ShardCounts;
}

/** Adds the counts of a shard to a total. */
export function addCounts(total: ShardCounts, counts: ShardCounts): void {
  for (const name of COUNT_NAMES) total[name] += counts[name];
}

/** The part of the counts that a summary states. Confident counts by class are left out if they are not known for all rows. */
export function summarize(counts: Required<BatchSummary> & { succeeded: number }): BatchSummary {
  const { succeeded, benign, malignant, indeterminate, missing_features, confident_benign, confident_malignant } =
    counts;
  const summary = { benign, malignant, indeterminate, missing_features };
  return confident_benign + confident_malignant + indeterminate === succeeded
    ? { ...summary, confident_benign, confident_malignant }
    : summary;
}
