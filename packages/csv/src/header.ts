import { readCells } from './cells';
import { CR, DELIMITERS, LF, delimiterByte, type Delimiter, type Dialect, type LineEnd } from './dialect';
import { asBuffer, firstNonText, nonTextError, unfinishedBytes, utf16Error } from './encoding';
import { CsvError } from './error';
import { RecordScanner } from './records';

export interface Header {
  dialect: Dialect;
  /** Decoded and trimmed. */
  columns: string[];
  /** Offset of the first data byte, behind BOM, empty lines, header and its line end. */
  byteLength: number;
}

export interface HeaderOptions {
  /** No more bytes will come. */
  final: boolean;
  /** How many of these columns the caller recognises; the delimiter with the best score wins, ties by , ; \t |. */
  score: (columns: string[]) => number;
  /** The header has to end within so many bytes. Default 65,536. */
  maxBytes?: number;
  /** Default 1,000. */
  maxColumns?: number;
}

interface HeaderRecord {
  end: number;
  next: number;
  lineEnd: LineEnd;
}

/** The first bytes of a file, cut at the limit, and what is known of the rest. */
interface Region {
  bytes: Buffer;
  /** Where the header record starts: behind a BOM and empty lines. */
  start: number;
  bom: boolean;
  /** The region is the whole file. */
  final: boolean;
  /** No byte that comes later can change what is read here. */
  settled: boolean;
}

/**
 * Reads the header and the dialect from the first bytes of a file.
 * The answer depends on the file's first `maxBytes` bytes only, never on how they were chunked.
 * @returns undefined when more bytes are needed.
 * @throws CsvError `empty-file`, `header-too-long`, `too-many-columns`, `not-utf8`, `nul-byte`, `malformed-quotes`.
 */
export function readHeader(prefix: Uint8Array, options: HeaderOptions): Header | undefined {
  const region = openRegion(asBuffer(prefix), options);
  if (region.start === region.bytes.length) {
    if (!region.settled) return undefined;
    throw new CsvError('empty-file', 'the file is empty', { row: 0 });
  }
  const records = DELIMITERS.map((delimiter) => findRecord(region, delimiter));
  if (records.includes('incomplete')) return undefined;
  const best = bestReading(region, records, options.score);
  if (best === undefined) throw unreadable(region, records.includes('too-long'));
  checkText(region.bytes.subarray(0, best.byteLength));
  const { maxColumns = 1000 } = options;
  if (best.columns.length > maxColumns) {
    throw new CsvError('too-many-columns', `the header has ${best.columns.length} columns; at most ${maxColumns} are allowed`, { row: 0 });
  }
  return best;
}

/** The header's raw record within the bytes it was read from: no BOM, no empty lines before it, no line end. */
export function headerRecord(prefix: Uint8Array, header: Pick<Header, 'dialect' | 'byteLength'>): Uint8Array {
  const start = skipEmptyLines(prefix, header.dialect.bom ? 3 : 0);
  const lineEnd = Buffer.from(header.dialect.lineEnd);
  const hasLineEnd = Buffer.from(prefix.subarray(start, header.byteLength)).subarray(-lineEnd.length).equals(lineEnd);
  return prefix.subarray(start, header.byteLength - (hasLineEnd ? lineEnd.length : 0));
}

function openRegion(prefix: Buffer, { final, maxBytes = 65_536 }: HeaderOptions): Region {
  if (prefix.length >= 2 && (prefix.readUInt16LE() === 0xfeff || prefix.readUInt16LE() === 0xfffe)) throw utf16Error();
  const bom = prefix.length >= 3 && prefix.readUIntBE(0, 3) === 0xefbbbf;
  const bytes = prefix.subarray(0, maxBytes);
  const whole = final && prefix.length <= maxBytes;
  return { bytes, bom, start: skipEmptyLines(bytes, bom ? 3 : 0), final: whole, settled: whole || prefix.length >= maxBytes };
}

function skipEmptyLines(bytes: Uint8Array, from: number): number {
  let start = from;
  while (bytes[start] === LF || bytes[start] === CR) start++;
  return start;
}

function findRecord(region: Region, delimiter: Delimiter): HeaderRecord | 'incomplete' | 'too-long' {
  const { bytes, start } = region;
  const scanner = new RecordScanner(delimiterByte(delimiter), LF, CR);
  const at = scanner.next(bytes, start);
  if (at < 0) return withoutLineEnd(region);
  if (bytes[at] === LF) return { end: at, next: at + 1, lineEnd: '\n' };
  if (bytes[at + 1] === LF) return { end: at, next: at + 2, lineEnd: '\r\n' };
  if (at + 1 === bytes.length && !region.final) return withoutLineEnd(region);
  // A lone CR: the line end of an old Mac file, or content of one that uses LF further on. Only the region tells.
  if (!region.settled) return 'incomplete';
  return hasUnquotedLineFeed(bytes, at + 1, scanner) ? upToLineFeed(region, delimiter) : { end: at, next: at + 1, lineEnd: '\r' };
}

function withoutLineEnd({ bytes, final, settled }: Region): HeaderRecord | 'incomplete' | 'too-long' {
  if (final) return { end: bytes.length, next: bytes.length, lineEnd: '\n' };
  return settled ? 'too-long' : 'incomplete';
}

function hasUnquotedLineFeed(bytes: Uint8Array, from: number, scanner: RecordScanner): boolean {
  let at = scanner.next(bytes, from);
  while (at >= 0 && bytes[at] === CR) at = scanner.next(bytes, at + 1);
  return at >= 0;
}

function upToLineFeed(region: Region, delimiter: Delimiter): HeaderRecord | 'incomplete' | 'too-long' {
  const { bytes, start } = region;
  const at = new RecordScanner(delimiterByte(delimiter), LF).next(bytes, start);
  if (at < 0) return withoutLineEnd(region);
  const crlf = bytes[at - 1] === CR;
  return { end: crlf ? at - 1 : at, next: at + 1, lineEnd: crlf ? '\r\n' : '\n' };
}

function bestReading(region: Region, records: readonly (HeaderRecord | string)[], score: HeaderOptions['score']): Header | undefined {
  let best: Header | undefined;
  let bestScore = -Infinity;
  for (const [index, record] of records.entries()) {
    if (typeof record === 'string') continue;
    const header = decode(region, record, DELIMITERS[index]);
    const headerScore = header === undefined ? -Infinity : score(header.columns);
    if (headerScore > bestScore) [best, bestScore] = [header, headerScore];
  }
  return best;
}

/** undefined when the quotes make no sense with this delimiter. */
function decode({ bytes, start, bom }: Region, record: HeaderRecord, delimiter: Delimiter): Header | undefined {
  const dialect = { delimiter, lineEnd: record.lineEnd, bom };
  try {
    const columns = readCells(bytes.subarray(start, record.end), dialect).map((cell) => cell.trim());
    return { dialect, columns, byteLength: record.next };
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

function unreadable({ bytes, final }: Region, tooLong: boolean): CsvError {
  checkText(final ? bytes : bytes.subarray(0, bytes.length - unfinishedBytes(bytes)));
  return tooLong
    ? new CsvError('header-too-long', `no header row within the first ${bytes.length} bytes`, { row: 0 })
    : new CsvError('malformed-quotes', 'the quotes of the header row do not match', { row: 0 });
}

function checkText(bytes: Buffer): void {
  const byteOffset = firstNonText(bytes);
  if (byteOffset >= 0) throw nonTextError(bytes[byteOffset], { row: 0, byteOffset });
}
