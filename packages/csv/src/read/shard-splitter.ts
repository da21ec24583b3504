import { crc32 } from 'node:zlib';
import { CR, QUOTE, delimiterByte, lineEndByte } from '../dialect';
import { asBuffer, countByte, findInvalidText, nonTextError, sequenceLength, incompleteUtf8Tail } from '../encoding';
import { CsvError } from '../error';
import type { Header } from './header';
import { type Shard, joinShards } from './join-shards';
import { type QuickCheckCells, type RowEnds, MAX_SEARCHED_BYTES, findRowEnds } from '../wasm/row-ends';
import { RowScanner, type RowsListener } from './row-scanner';

export interface ShardOptions {
  /** A shard is closed after the row with which it reaches this many rows … */
  shardRows: number;
  /** … or this many bytes. */
  shardBytes: number;
  /** With more shards, neighbours are merged in pairs and both limits double. */
  maxShards: number;
  /** Includes the line end. */
  maxRowBytes: number;
  /** 1-based physical line in which the data part begins. Default 2. */
  firstLine?: number;
  /** Called with all rows in order, many at a time, empty lines included. */
  onRows?: RowsListener;
  /**
   * One feature's cell and the identifier's cell, checked while row ends are searched. A row where both look ordinary
   * needs no further check; the others are in `ScannedRows.rowsToCheck`.
   */
  quickCheckCells?: QuickCheckCells;
}

type FoundRows = Pick<RowEnds, 'ends' | 'rowsToCheck'>;

/**
 * Splits the data part of a file into shards while it streams in, and checks that it is text.
 * The shards are a function of the bytes alone, not of the chunking. Memory: `maxShards` small objects, the row ends of
 * one part, and for `onRows` the bytes of the open row.
 */
export class ShardSplitter {
  private readonly scanner: RowScanner;
  private shards: Shard[] = [];
  private maxShardRows: number;
  private maxShardBytes: number;
  private closedRows = 0;
  private openShardRows = 0;
  private shardOffset: number;
  private shardLine: number;
  private line: number;
  /** Line in which the row begins whose end is searched. */
  private rowLine: number;
  /** Line ends within the open row's quoted cells, in earlier chunks. */
  private partialRowLines = 0;
  private readonly lineByte: number;
  /** CRC-32 of the open shard's bytes before `checksummedTo`. */
  private shardChecksum: number | undefined = 0;
  private checksummedTo: number;
  /** File offset at which the current row begins. */
  private rowOffset: number;
  /** File offset of the next byte to scan. */
  private position: number;
  private previousByte = -1;
  /** The 1 to 3 bytes of a UTF-8 sequence whose rest is in the next chunk. */
  private utf8Tail = Buffer.alloc(0);
  /** The bytes from `position` on. */
  private scanned: Buffer = Buffer.alloc(0);
  /** Used for `onRows` only: the open row's bytes in earlier chunks, and where rows of the scanned bytes end. */
  private partialRowBytes: Buffer[] = [];
  private ends = new Uint32Array(0);

  constructor(
    header: Header,
    private readonly options: ShardOptions,
  ) {
    const { delimiter, lineEnd } = header.dialect;
    this.lineByte = lineEndByte(lineEnd);
    this.scanner = new RowScanner(delimiterByte(delimiter), this.lineByte);
    this.shardLine = this.line = this.rowLine = options.firstLine ?? 2;
    this.maxShardRows = options.shardRows;
    this.maxShardBytes = options.shardBytes;
    this.shardOffset = this.checksummedTo = this.rowOffset = this.position = header.byteLength;
  }

  /** Number of rows completed so far, without empty lines. */
  get rows(): number {
    return this.closedRows + this.openShardRows;
  }

  /**
   * Takes the next bytes of the data part.
   * @throws CsvError `row-too-long`, `not-utf8`, `nul-byte`, with the row and a byte offset in the file.
   */
  push(chunk: Uint8Array): void {
    const bytes = this.completeUtf8(asBuffer(chunk));
    const complete = bytes.length - incompleteUtf8Tail(bytes);
    this.validateAndScan(bytes.subarray(0, complete));
    if (complete < bytes.length) this.utf8Tail = Buffer.from(bytes.subarray(complete));
  }

  /**
   * @returns all shards, and the length in bytes of the whole file, header included.
   * @throws CsvError `unclosed-quote` with the row in which it opened; `not-utf8` when the file ends within a
   *   character.
   */
  end(): { rows: number; shards: Shard[]; byteLength: number } {
    this.validateAndScan(this.utf8Tail);
    const byteOffset = this.rowOffset;
    if (this.scanner.insideQuotes) {
      const row = this.rows + 1;
      throw new CsvError(
        'unclosed-quote',
        `row ${row} (line ${this.line}, byte ${byteOffset} of the file) opens a quote that is never closed`,
        { row, line: this.line, byteOffset },
      );
    }
    if (this.position > byteOffset) {
      if (this.partialRowBytes.length > 0) this.reportPartialRow(Buffer.alloc(0));
      this.endRow(this.position);
    }
    // Runs twice when the first close merges shards and reopens the odd one.
    while (this.openShardRows > 0) this.closeShard(this.rowOffset);
    return { rows: this.rows, shards: this.shards, byteLength: this.position };
  }

  /** Completes a sequence cut by the last chunk border. @returns the bytes after it */
  private completeUtf8(chunk: Buffer): Buffer {
    const [lead] = this.utf8Tail;
    if (lead === undefined) return chunk;
    const missing = sequenceLength(lead) - this.utf8Tail.length;
    const sequence = Buffer.concat([this.utf8Tail, chunk.subarray(0, missing)]);
    this.utf8Tail = sequence;
    if (chunk.length < missing) return Buffer.alloc(0);
    this.utf8Tail = Buffer.alloc(0);
    this.validateAndScan(sequence);
    return chunk.subarray(missing);
  }

  /** Scans the valid bytes before an invalid one first, so that the error can name the row. */
  private validateAndScan(bytes: Buffer): void {
    const invalid = findInvalidText(bytes);
    this.scan(invalid < 0 ? bytes : bytes.subarray(0, invalid));
    if (invalid >= 0)
      throw nonTextError(bytes[invalid]!, { row: this.rows + 1, line: this.line, byteOffset: this.position });
  }

  private scan(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += MAX_SEARCHED_BYTES)
      this.scanPart(bytes.subarray(at, at + MAX_SEARCHED_BYTES));
  }

  private scanPart(bytes: Buffer): void {
    const base = this.position;
    this.scanned = bytes;
    const quoted = this.scanner.mayBeInsideQuotes || bytes.includes(QUOTE);
    const found = quoted ? this.endQuotedRows(bytes, base) : this.endUnquotedRows(bytes, base);
    const openRowStart = (found.ends.at(-1) ?? -1) + 1;
    this.rowLine = this.line;
    if (this.options.onRows !== undefined) this.reportRows(bytes, found, openRowStart, quoted);
    this.previousByte = bytes.at(-1) ?? this.previousByte;
    this.updateChecksum(base + bytes.length);
    this.position = base + bytes.length;
    this.checkRowBytes(this.position);
  }

  /** Ends the rows in bytes without quotes. @param base file offset of the first byte */
  private endUnquotedRows(bytes: Buffer, base: number): FoundRows {
    this.scanner.passUnquoted(bytes);
    const found = findRowEnds(bytes, this.lineByte, this.options.quickCheckCells);
    const { ends, hasShortRows } = found;
    const inBulk = !hasShortRows && bytes.length <= this.options.maxRowBytes;
    for (let row = 0; row < ends.length;) {
      // Part of the first row is in earlier chunks.
      if (inBulk && row > 0) row = this.endRows(ends, row, base);
      else {
        const at = ends[row++]!;
        this.endLine(base + at + 1, at > 0 ? bytes[at - 1]! : this.previousByte, 1);
      }
    }
    return found;
  }

  /** Ends rows that are neither empty nor too long, up to the end of their shard. @returns the next row */
  private endRows(ends: Uint32Array, row: number, base: number): number {
    let last = Math.min(ends.length, row + this.maxShardRows - this.openShardRows) - 1;
    const fullAt = this.shardOffset + this.maxShardBytes - base - 1;
    if (ends[last]! >= fullAt) for (last = row; ends[last]! < fullAt;) last++;
    const rows = last + 1 - row;
    this.line += rows;
    this.openShardRows += rows;
    this.rowOffset = base + ends[last]! + 1;
    this.closeFullShard(this.rowOffset);
    return last + 1;
  }

  /** Ends the rows in bytes that may hold quotes, byte by byte. @param base file offset of the first byte */
  private endQuotedRows(bytes: Buffer, base: number): FoundRows {
    if (this.ends.length < bytes.length) this.ends = new Uint32Array(bytes.length);
    const { ends, scanner } = this;
    let count = 0;
    let from = 0;
    for (let at = scanner.findRowEnd(bytes, 0); at >= 0; at = scanner.findRowEnd(bytes, from)) {
      const lines = 1 + countByte(bytes, this.lineByte, from, at);
      from = at + 1;
      ends[count++] = at;
      this.endLine(base + from, at > 0 ? bytes[at - 1]! : this.previousByte, lines);
    }
    this.partialRowLines += countByte(bytes, this.lineByte, from, bytes.length);
    return { ends: ends.subarray(0, count), rowsToCheck: undefined };
  }

  /**
   * Reports the rows that end in these bytes to `onRows`, the first with its bytes from earlier chunks, and keeps the
   * rest.
   */
  private reportRows(bytes: Buffer, { ends, rowsToCheck }: FoundRows, openRowStart: number, quoted: boolean): void {
    const isFirstRowPartial = this.partialRowBytes.length > 0 && ends.length > 0;
    const firstEnd = ends[0] ?? 0;
    if (isFirstRowPartial) {
      this.reportPartialRow(bytes.subarray(0, firstEnd));
      if (ends.length > 1)
        this.options.onRows?.(bytes, {
          start: firstEnd + 1,
          ends: ends.subarray(1),
          quoted,
          rowsToCheck: rowsToCheck?.filter((row) => row > 0).map((row) => row - 1),
        });
    } else if (ends.length > 0) this.options.onRows?.(bytes, { start: 0, ends, quoted, rowsToCheck });
    if (openRowStart < bytes.length) this.partialRowBytes.push(Buffer.from(bytes.subarray(openRowStart)));
  }

  private reportPartialRow(end: Buffer): void {
    const row = Buffer.concat([...this.partialRowBytes, end]);
    this.partialRowBytes = [];
    this.options.onRows?.(row, { start: 0, ends: Uint32Array.of(row.length), quoted: true });
  }

  /** Adds the scanned bytes up to this file position to the open shard's checksum. */
  private updateChecksum(position: number): void {
    const base = this.position;
    // For an empty buffer crc32 may return 0 instead of the running checksum.
    if (position > this.checksummedTo && this.shardChecksum !== undefined)
      this.shardChecksum = crc32(this.scanned.subarray(this.checksummedTo - base, position - base), this.shardChecksum);
    this.checksummedTo = position;
  }

  private openAt(position: number): void {
    this.shardOffset = this.checksummedTo = position;
    this.shardLine = this.line;
    this.shardChecksum = 0;
  }

  /** @param lines that end in the scanned bytes */
  private endLine(next: number, byteBeforeLineEnd: number, lines: number): void {
    this.rowLine = this.line;
    this.line += lines + this.partialRowLines;
    this.partialRowLines = 0;
    const length = next - this.rowOffset;
    const empty = length === 1 || (length === 2 && byteBeforeLineEnd === CR);
    if (empty) this.skipEmptyLine(next);
    else this.endRow(next);
  }

  private skipEmptyLine(next: number): void {
    this.rowOffset = next;
    // Empty lines before a shard's first row belong to none, so that they cannot swell it.
    if (this.openShardRows === 0) this.openAt(next);
    else this.closeFullShard(next);
  }

  /** @param next file offset of the byte after the row */
  private endRow(next: number): void {
    this.checkRowBytes(next);
    this.rowOffset = next;
    this.openShardRows++;
    this.closeFullShard(next);
  }

  private closeFullShard(next: number): void {
    if (this.openShardRows >= this.maxShardRows || next - this.shardOffset >= this.maxShardBytes) this.closeShard(next);
  }

  private closeShard(next: number): void {
    this.updateChecksum(next);
    this.shards.push({
      offset: this.shardOffset,
      length: next - this.shardOffset,
      firstRow: this.closedRows + 1,
      rows: this.openShardRows,
      firstLine: this.shardLine,
      crc32: this.shardChecksum,
    });
    this.closedRows += this.openShardRows;
    this.openShardRows = 0;
    this.openAt(next);
    if (this.shards.length > this.options.maxShards) this.mergePairs();
  }

  private mergePairs(): void {
    const lastShard = this.shards.length % 2 === 1 ? this.shards.pop() : undefined;
    this.shards = this.shards.flatMap((shard, index, all) => {
      const next = all[index + 1];
      return index % 2 === 0 && next !== undefined ? joinShards(shard, next) : [];
    });
    this.maxShardRows *= 2;
    this.maxShardBytes *= 2;
    if (lastShard !== undefined) this.reopen(lastShard);
  }

  /** Reopens a shard without a partner, so that it grows towards the doubled target. */
  private reopen(shard: Shard): void {
    this.shardOffset = shard.offset;
    this.shardLine = shard.firstLine ?? this.line;
    this.shardChecksum = shard.crc32;
    this.openShardRows = shard.rows;
    this.closedRows -= shard.rows;
  }

  private checkRowBytes(next: number): void {
    const byteOffset = this.rowOffset;
    if (next - byteOffset <= this.options.maxRowBytes) return;
    const row = this.rows + 1;
    throw new CsvError(
      'row-too-long',
      `row ${row} (line ${this.rowLine}, byte ${byteOffset} of the file) is longer than ${this.options.maxRowBytes} bytes; a quote that is never closed can be the cause`,
      { row, line: this.rowLine, byteOffset },
    );
  }
}
