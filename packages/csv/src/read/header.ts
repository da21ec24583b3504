import { parseCells } from './cells';
import { CR, DELIMITERS, LF, delimiterByte, type Delimiter, type Dialect, type LineEnd } from '../dialect';
import { asBuffer, findInvalidText, nonTextError, incompleteUtf8Tail, utf16Error } from '../encoding';
import { CsvError } from '../error';
import { RowScanner } from './row-scanner';

export interface Header {
  dialect: Dialect;
  /** Decoded and trimmed. */
  columns: string[];
  /** Offset of the first data byte, after BOM, empty lines, header and its line end. */
  byteLength: number;
}

export interface HeaderOptions {
  /** No more bytes will come. */
  final: boolean;
  /** How many of these columns the caller recognises; the delimiter with the best score wins, ties by , ; \t |. */
  countRecognized: (columns: string[]) => number;
  /** The header has to end within so many bytes. Default 65,536. */
  maxBytes?: number;
  /** Default 1,000. */
  maxColumns?: number;
}

interface HeaderRow {
  end: number;
  nextRow: number;
  lineEnd: LineEnd;
}

/** The first bytes of a file, cut at the limit, and what is known of the rest. */
interface Region {
  bytes: Buffer;
  /** Where the header row starts: after a BOM and empty lines. */
  start: number;
  bom: boolean;
  /** The region is the whole file. */
  final: boolean;
  /** No byte that comes later can change what is read here. */
  isDecisive: boolean;
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
    if (!region.isDecisive) return undefined;
    throw new CsvError('empty-file', 'the file is empty', { row: 0 });
  }
  const rows = DELIMITERS.map((delimiter) => ({ delimiter, row: findHeaderRow(region, delimiter) }));
  if (rows.some(({ row }) => row === 'incomplete')) return undefined;
  const best = bestDelimiter(region, rows, options.countRecognized);
  if (best === undefined)
    throw unreadableHeader(
      region,
      rows.some(({ row }) => row === 'too-long'),
    );
  checkText(region.bytes.subarray(0, best.byteLength));
  const { maxColumns = 1000 } = options;
  if (best.columns.length > maxColumns) {
    throw new CsvError(
      'too-many-columns',
      `the header has ${best.columns.length} columns; at most ${maxColumns} are allowed`,
      { row: 0 },
    );
  }
  return best;
}

/** The header's raw row within the bytes it was read from: no BOM, no empty lines before it, no line end. */
export function headerRow(prefix: Uint8Array, header: Pick<Header, 'dialect' | 'byteLength'>): Uint8Array {
  const start = skipEmptyLines(prefix, header.dialect.bom ? 3 : 0);
  const lineEnd = Buffer.from(header.dialect.lineEnd);
  const hasLineEnd = Buffer.from(prefix.subarray(start, header.byteLength)).subarray(-lineEnd.length).equals(lineEnd);
  return prefix.subarray(start, header.byteLength - (hasLineEnd ? lineEnd.length : 0));
}

function openRegion(prefix: Buffer, { final, maxBytes = 65_536 }: HeaderOptions): Region {
  if (prefix.length >= 2 && (prefix.readUInt16LE() === 0xfeff || prefix.readUInt16LE() === 0xfffe)) throw utf16Error();
  const bom = prefix.length >= 3 && prefix.readUIntBE(0, 3) === 0xefbbbf;
  const bytes = prefix.subarray(0, maxBytes);
  const isComplete = final && prefix.length <= maxBytes;
  return {
    bytes,
    bom,
    start: skipEmptyLines(bytes, bom ? 3 : 0),
    final: isComplete,
    isDecisive: isComplete || prefix.length >= maxBytes,
  };
}

function skipEmptyLines(bytes: Uint8Array, from: number): number {
  let start = from;
  while (bytes[start] === LF || bytes[start] === CR) start++;
  return start;
}

function findHeaderRow(region: Region, delimiter: Delimiter): HeaderRow | 'incomplete' | 'too-long' {
  const { bytes, start } = region;
  const scanner = new RowScanner(delimiterByte(delimiter), LF, CR);
  const at = scanner.findRowEnd(bytes, start);
  if (at < 0) return withoutLineEnd(region);
  if (bytes[at] === LF) return { end: at, nextRow: at + 1, lineEnd: '\n' };
  if (bytes[at + 1] === LF) return { end: at, nextRow: at + 2, lineEnd: '\r\n' };
  if (at + 1 === bytes.length && !region.final) return withoutLineEnd(region);
  // A lone CR: the line end of an old Mac file, or content of one that uses LF further on. Only the region tells.
  if (!region.isDecisive) return 'incomplete';
  return hasUnquotedLineFeed(bytes, at + 1, scanner)
    ? upToLineFeed(region, delimiter)
    : { end: at, nextRow: at + 1, lineEnd: '\r' };
}

function withoutLineEnd({ bytes, final, isDecisive }: Region): HeaderRow | 'incomplete' | 'too-long' {
  if (final) return { end: bytes.length, nextRow: bytes.length, lineEnd: '\n' };
  return isDecisive ? 'too-long' : 'incomplete';
}

function hasUnquotedLineFeed(bytes: Uint8Array, from: number, scanner: RowScanner): boolean {
  let at = scanner.findRowEnd(bytes, from);
  while (at >= 0 && bytes[at] === CR) at = scanner.findRowEnd(bytes, at + 1);
  return at >= 0;
}

function upToLineFeed(region: Region, delimiter: Delimiter): HeaderRow | 'incomplete' | 'too-long' {
  const { bytes, start } = region;
  const at = new RowScanner(delimiterByte(delimiter), LF).findRowEnd(bytes, start);
  if (at < 0) return withoutLineEnd(region);
  const crlf = bytes[at - 1] === CR;
  return { end: crlf ? at - 1 : at, nextRow: at + 1, lineEnd: crlf ? '\r\n' : '\n' };
}

function bestDelimiter(
  region: Region,
  rows: readonly { delimiter: Delimiter; row: HeaderRow | string }[],
  countRecognized: HeaderOptions['countRecognized'],
): Header | undefined {
  let best: Header | undefined;
  let bestScore = -Infinity;
  for (const { delimiter, row } of rows) {
    if (typeof row === 'string') continue;
    const header = parseHeaderLine(region, row, delimiter);
    const headerScore = header === undefined ? -Infinity : countRecognized(header.columns);
    if (headerScore > bestScore) [best, bestScore] = [header, headerScore];
  }
  return best;
}

/** undefined when the quotes make no sense with this delimiter. */
function parseHeaderLine({ bytes, start, bom }: Region, row: HeaderRow, delimiter: Delimiter): Header | undefined {
  const dialect = { delimiter, lineEnd: row.lineEnd, bom };
  try {
    const columns = parseCells(bytes.subarray(start, row.end), dialect).map((cell) => cell.trim());
    return { dialect, columns, byteLength: row.nextRow };
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

function unreadableHeader({ bytes, final }: Region, tooLong: boolean): CsvError {
  checkText(final ? bytes : bytes.subarray(0, bytes.length - incompleteUtf8Tail(bytes)));
  return tooLong
    ? new CsvError('header-too-long', `no header row within the first ${bytes.length} bytes`, { row: 0 })
    : new CsvError('malformed-quotes', 'the quotes of the header row do not match', { row: 0 });
}

function checkText(bytes: Buffer): void {
  const byteOffset = findInvalidText(bytes);
  if (byteOffset >= 0) throw nonTextError(bytes[byteOffset], { row: 0, line: 1, byteOffset });
}
