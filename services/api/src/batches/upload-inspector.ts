import { createHash } from 'node:crypto';
import { CsvError, type Header, ShardSplitter, readHeader } from '@cytoqueue/csv';
import { type HeaderMatch, countFeatureColumns } from '@cytoqueue/schema';
import type { CanonicalFile, ImportDocument, ImportWarningDocument, ShardRange } from '@cytoqueue/records';
import {
  FIRST_PART_BYTES,
  type ImportSettings,
  type Layout,
  RowWatch,
  plainReport,
  sniffPlain,
  readTextStart,
} from '@cytoqueue/tabular';
import { Problem } from '../http/problem';
import { quotaExceeded } from '../tenants/storage-quota';
import { matchColumnsOrReject } from './match-columns';

export interface UploadSizeLimits {
  maxUploadBytes: number;
  shardRows: number;
  /** Bytes left in the tenant's storage quota. */
  remainingBytes?: number;
}

/** Describes a stored upload: its rows, their shards, and how the file was read. */
export interface UploadSummary {
  /** Header of the file that holds the rows, with the columns that the results show. */
  header: Header;
  /** Match of the uploaded file's own columns. */
  match: HeaderMatch;
  /** For the preflight, which reads the rows: match of the canonical file's columns, if there is one. */
  rowMatch: HeaderMatch;
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
const MAX_COLUMNS = 1_000;
const MAX_ROW_BYTES = MIB;
/** A flow with more child jobs than this blocks Redis for seconds (see packages/queue). */
const MAX_SHARDS = 2_000;
/** A worker reads and scores a shard as a whole; wide rows must not make it large. */
const MAX_SHARD_BYTES = 4 * MIB;

/** After these errors the import is tried, because it can decode other encodings. */
const DECODING_ERRORS = new Set(['not-utf8', 'nul-byte']);

/** State while a plain file is read. */
interface PlainFile {
  layout: Layout;
  header: Header;
  match: HeaderMatch;
  splitter: ShardSplitter;
  watch: RowWatch;
}

/**
 * Inspects an upload while it is stored: size, checksum and, if it is plain CSV in UTF-8, header, rows and shards. Any other
 * file is stored completely and must then be imported from its stored bytes (see store-upload.ts).
 */
export class UploadInspector {
  failure: unknown;
  /** The file is not plain: import it once it is stored. */
  needsImport = false;
  bytes = 0;
  private readonly hash = createHash('sha256');
  /** Bytes that came before the format was decided. */
  private first: Buffer | undefined = Buffer.alloc(0);
  private plain: PlainFile | undefined;
  private summary: UploadSummary | undefined;
  private digest = '';

  constructor(
    private readonly settings: ImportSettings,
    private readonly limits: UploadSizeLimits,
  ) {}

  /** Yields each chunk after inspecting it. `failure` is set only for errors of the upload itself, not if storing fails. */
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

  /** SHA-256 in hex, available once the upload was read completely. */
  get sha256(): string {
    return this.digest;
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
    if (this.plain !== undefined) return this.runOrImport(this.plain, () => this.plain?.splitter.push(chunk));
    this.first = Buffer.concat([this.first ?? EMPTY, chunk]);
    if (this.first.length >= FIRST_PART_BYTES) await this.decideFormat(this.first, false);
  }

  private async finish(): Promise<void> {
    if (this.first !== undefined) await this.decideFormat(this.first, true);
    this.digest = this.hash.digest('hex');
    const { plain } = this;
    if (plain === undefined || this.needsImport) return;
    this.runOrImport(plain, () => {
      const { rows, shards } = plain.splitter.end();
      if (rows === 0) throw noRows();
      const { layout, header, match, watch } = plain;
      const { warnings, warningsTotal } = watch.log;
      const report = plainReport(layout, header.dialect, watch.log, this.digest);
      this.summary = {
        header,
        match,
        rowMatch: match,
        rows,
        shards,
        bytes: this.bytes,
        sha256: this.digest,
        report,
        warnings,
        warningsTotal,
      };
    });
  }

  /** Decides from the first bytes whether the file is plain, and rejects an unsuitable header before the rest arrives. */
  private async decideFormat(firstBytes: Buffer, isWholeFile: boolean): Promise<void> {
    this.first = undefined;
    const { settings } = this;
    const layout = sniffPlain(firstBytes, isWholeFile, settings);
    const header = layout === undefined ? undefined : this.readPlainHeader(firstBytes, isWholeFile);
    if (layout === undefined || header === undefined) {
      const start = await readTextStart(firstBytes, isWholeFile, settings);
      if (start !== undefined) matchColumnsOrReject(start.columns.visible, settings, start.headerLine);
      this.needsImport = true;
      return;
    }
    const match = matchColumnsOrReject(header.columns, settings, layout.headerLine);
    const watch = new RowWatch(layout, header.dialect, settings.schema);
    const splitter = createSplitter(header, this.limits, {
      firstLine: layout.firstLine,
      onRows: (bytes, rows) => watch.checkRows(bytes, rows),
      rowCheck: watch.check,
    });
    this.plain = { layout, header, match, splitter, watch };
    this.runOrImport(this.plain, () => splitter.push(firstBytes.subarray(header.byteLength)));
  }

  private readPlainHeader(firstBytes: Buffer, isWholeFile: boolean): Header | undefined {
    const { schema } = this.settings;
    return readHeader(firstBytes, {
      final: isWholeFile,
      countRecognized: (columns) => countFeatureColumns(columns, schema),
      maxBytes: MAX_HEADER_BYTES,
      maxColumns: MAX_COLUMNS,
    });
  }

  /** Runs work on the rows; if they are not UTF-8 or need an import, the file is imported instead. */
  private runOrImport({ watch }: PlainFile, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof CsvError) || !DECODING_ERRORS.has(error.code)) throw error;
      this.needsImport = true;
    }
    if (watch.needsImport) this.needsImport = true;
  }
}

type SplitterExtras = Pick<ConstructorParameters<typeof ShardSplitter>[1], 'firstLine' | 'onRows' | 'rowCheck'>;

export function createSplitter(
  header: Header,
  { shardRows }: UploadSizeLimits,
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
