import { createHash } from 'node:crypto';
import { CsvError, type Header, ShardSplitter, readHeader } from '@cytoqueue/csv';
import { type HeaderMatch, countFeatureColumns } from '@cytoqueue/schema';
import type { CanonicalFile, ImportDocument, ImportWarningDocument, ShardRange } from '@cytoqueue/records';
import {
  FIRST_PART_BYTES,
  type ImportSettings,
  type Layout,
  MAX_COLUMNS,
  RowWatch,
  plainReport,
  sniffPlain,
  readTextStart,
} from '@cytoqueue/tabular';
import { Problem } from '../http/problem';
import { quotaExceeded } from '../tenants/storage-quota';
import { matchColumnsOrReject } from './match-columns';

export interface UploadLimits {
  maxUploadBytes: number;
  shardRows: number;
  /** Bytes left in the tenant's storage quota. */
  remainingBytes?: number;
}

/** Describes a stored upload: its rows, their shards, and how the file was read. */
export interface UploadSummary {
  /** Header of the file that holds the rows, with the columns that the results show. */
  header: Header;
  /** How the uploaded file's own columns are used. */
  uploadedColumns: HeaderMatch;
  /** For code that reads the rows: how the columns of the file that holds them are used. */
  storedColumns: HeaderMatch;
  rows: number;
  shards: ShardRange[];
  /** Size of the original. */
  bytes: number;
  /** SHA-256 of the original, in hex. */
  sha256: string;
  /** Absent when the original itself holds the rows. */
  canonical?: CanonicalFile;
  report: ImportDocument;
  warnings: ImportWarningDocument[];
  warningsTotal: number;
}

const EMPTY = new Uint8Array(0);
const MIB = 1024 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_ROW_BYTES = MIB;
/** A flow with more child jobs than this blocks Redis for seconds. */
const MAX_SHARDS = 2_000;
/** A worker reads and scores a shard as a whole; wide rows must not make it large. */
const MAX_SHARD_BYTES = 4 * MIB;

/** After these errors the import is tried, because it can decode other encodings. */
const DECODING_ERRORS = new Set(['not-utf8', 'nul-byte']);

/** State while a plain file is read. `watch` finds rows that only an import can handle. */
interface PlainFile {
  layout: Layout;
  header: Header;
  match: HeaderMatch;
  splitter: ShardSplitter;
  watch: RowWatch;
}

/**
 * Inspects an upload while it is stored: size, checksum and, if it is a plain file (CSV in UTF-8 whose header names every
 * feature), header, rows and shards. Any other file is stored completely and must then be imported from its stored bytes
 * (see store-upload.ts).
 */
export class UploadInspector {
  /** Error of the inspector's checks, for the caller: the store that reads the generator wraps it. */
  failure: unknown;
  /** Not a plain file: import it once it is stored. */
  needsImport = false;
  bytes = 0;
  /** In hex; set once the upload was read completely. */
  sha256 = '';
  private readonly hash = createHash('sha256');
  /** Bytes that came before the format was decided. */
  private undecidedBytes: Buffer | undefined = Buffer.alloc(0);
  private plain: PlainFile | undefined;
  private summary: UploadSummary | undefined;

  constructor(
    private readonly importSettings: ImportSettings,
    private readonly limits: UploadLimits,
  ) {}

  /** Yields each chunk after inspecting it. `failure` is set only by the inspector's own checks, not if storing fails. */
  async *inspectWhileStreaming(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      await this.captureFailure(() => this.inspect(chunk));
      yield chunk;
    }
    await this.captureFailure(() => this.finish());
  }

  /** Rows read so far, without empty lines. */
  get rows(): number {
    return this.plain?.splitter.rows ?? 0;
  }

  result(): UploadSummary {
    if (this.summary === undefined) throw new Error('the upload was not read to its end');
    return this.summary;
  }

  private async captureFailure(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private async inspect(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.length;
    const { maxUploadBytes, remainingBytes = Number.POSITIVE_INFINITY } = this.limits;
    if (this.bytes > maxUploadBytes) throw uploadTooLarge(maxUploadBytes);
    if (this.bytes > remainingBytes) throw quotaExceeded(remainingBytes);
    this.hash.update(chunk);
    if (this.needsImport) return;
    const { plain } = this;
    if (plain !== undefined) return this.processRows(plain, () => plain.splitter.push(chunk));
    this.undecidedBytes = Buffer.concat([this.undecidedBytes ?? EMPTY, chunk]);
    if (this.undecidedBytes.length >= FIRST_PART_BYTES) await this.decideFormat(this.undecidedBytes, false);
  }

  private async finish(): Promise<void> {
    if (this.undecidedBytes !== undefined) await this.decideFormat(this.undecidedBytes, true);
    this.sha256 = this.hash.digest('hex');
    const { plain } = this;
    if (plain === undefined || this.needsImport) return;
    this.processRows(plain, () => {
      const { rows, shards } = plain.splitter.end();
      if (rows === 0) throw noRows();
      const { layout, header, match, watch } = plain;
      const { warnings, warningsTotal } = watch.log;
      const report = plainReport(layout, header.dialect, watch.log, this.sha256);
      this.summary = {
        header,
        uploadedColumns: match,
        storedColumns: match,
        rows,
        shards,
        bytes: this.bytes,
        sha256: this.sha256,
        report,
        warnings,
        warningsTotal,
      };
    });
  }

  /**
   * Decides from the first bytes whether the file is a plain one, whose rows are then split into shards as they arrive.
   * Rejects an unsuitable header before the rest arrives.
   */
  private async decideFormat(firstBytes: Buffer, isWholeFile: boolean): Promise<void> {
    this.undecidedBytes = undefined;
    const { importSettings } = this;
    const plainLayout = sniffPlain(firstBytes, isWholeFile, importSettings);
    const header = plainLayout && this.readPlainHeader(firstBytes, isWholeFile);
    if (plainLayout === undefined || header === undefined) {
      const start = await readTextStart(firstBytes, isWholeFile, importSettings);
      if (start !== undefined) matchColumnsOrReject(start.columns.visible, importSettings, start.headerLine);
      this.needsImport = true;
      return;
    }
    const match = matchColumnsOrReject(header.columns, importSettings, plainLayout.headerLine);
    const watch = new RowWatch(plainLayout, header.dialect, importSettings.schema);
    const splitter = createSplitter(header, this.limits, {
      firstLine: plainLayout.firstLine,
      onRows: (bytes, rows) => watch.checkRows(bytes, rows),
      // A row whose feature cell and identifier's cell look ordinary needs no further check.
      quickCheckCells: watch.quickCheckCells,
    });
    this.plain = { layout: plainLayout, header, match, splitter, watch };
    this.processRows(this.plain, () => splitter.push(firstBytes.subarray(header.byteLength)));
  }

  private readPlainHeader(firstBytes: Buffer, isWholeFile: boolean): Header | undefined {
    const { schema } = this.importSettings;
    return readHeader(firstBytes, {
      final: isWholeFile,
      countRecognized: (columns) => countFeatureColumns(columns, schema),
      maxBytes: MAX_HEADER_BYTES,
      maxColumns: MAX_COLUMNS,
    });
  }

  /** Runs work on the rows; if they are not UTF-8 or need an import, the file is imported instead. */
  private processRows({ watch }: PlainFile, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof CsvError) || !DECODING_ERRORS.has(error.code)) throw error;
      this.needsImport = true;
    }
    if (watch.needsImport) this.needsImport = true;
  }
}

type SplitterExtras = Pick<ConstructorParameters<typeof ShardSplitter>[1], 'firstLine' | 'onRows' | 'quickCheckCells'>;

export function createSplitter(
  header: Header,
  { shardRows }: UploadLimits,
  extras: SplitterExtras = {},
  maxRowBytes = MAX_ROW_BYTES,
): ShardSplitter {
  return new ShardSplitter(header, {
    shardRows,
    shardBytes: MAX_SHARD_BYTES,
    maxShards: MAX_SHARDS,
    maxRowBytes,
    ...extras,
  });
}

export function noRows(): CsvError {
  return new CsvError('no-rows', 'the file has a header but no rows');
}

export function uploadTooLarge(maxUploadBytes: number): Problem {
  return new Problem('too-large', `An upload may hold ${maxUploadBytes} bytes, after decompression.`);
}
