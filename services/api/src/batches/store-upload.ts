import { type Header, RowScanner, asBuffer, delimiterByte, lineEndByte } from '@cytoqueue/csv';
import type { HeaderMatch } from '@cytoqueue/schema';
import type { ObjectStore } from '@cytoqueue/storage';
import {
  type Import,
  type ImportSettings,
  type ImportStart,
  type ImportSummary,
  canonicalMatch,
  importInThread,
} from '@cytoqueue/tabular';
import { Problem } from '../http/problem';
import { cpuTimeslices } from '../concurrency/cpu-timeslices';
import type { Semaphore } from '../concurrency/semaphore';
import { quotaExceeded } from '../tenants/storage-quota';
import { matchColumnsOrReject } from './match-columns';
import { UploadInspector, type UploadLimits, type UploadSummary, createSplitter, noRows } from './upload-inspector';

/** A canonical file adds one value per feature and the line of each row to the original cells. */
const MAX_CANONICAL_FACTOR = 4;
const MAX_CANONICAL_ROW_BYTES = 4 * 1024 * 1024;

/** Where an upload is stored. */
export interface UploadKeys {
  input: string;
  /** For the rows of an upload that is not a plain file. */
  canonical: string;
}

export interface UploadTarget {
  store: ObjectStore;
  keys: UploadKeys;
  signal: AbortSignal;
  /** Limits concurrent imports in this process; further ones wait. */
  importSemaphore: Semaphore;
}

/**
 * Stores an upload while inspecting it. A plain file is used as uploaded; any other file is stored unchanged and then
 * imported, in a separate thread, into a canonical file beside it. Memory holds only a few chunks. An error ends the
 * stream, and the store keeps no partial object.
 * @param chargeRateLimit called with the number of rows read, even if the file is rejected at its last row
 * @throws Problem 413 for its size or the quota, 422 for a header that does not fit; CsvError, TabularError naming row or
 *   line
 */
export async function storeUpload(
  source: AsyncIterable<Uint8Array>,
  target: UploadTarget,
  importSettings: ImportSettings,
  limits: UploadLimits,
  chargeRateLimit: (rows: number) => void,
): Promise<UploadSummary> {
  const { store, keys, signal } = target;
  return inspectThenImportIfNeeded(target, importSettings, limits, chargeRateLimit, async (inspector) => {
    try {
      // The key and the content type say CSV for every upload, also for workbooks and compressed files.
      await store.put(keys.input, inspector.inspectWhileStreaming(source), { contentType: 'text/csv', signal });
    } catch (error) {
      // The store wraps an error of its input; report the inspector's own.
      throw inspector.failure ?? error;
    }
  });
}

/**
 * Reads an upload that was stored without `storeUpload`, because its settings arrived after its bytes, in the same way.
 */
export async function readStoredUpload(
  target: UploadTarget,
  importSettings: ImportSettings,
  limits: UploadLimits,
  chargeRateLimit: (rows: number) => void,
): Promise<UploadSummary> {
  const stored = (await target.store.getStream(target.keys.input)) as AsyncIterable<Uint8Array>;
  return inspectThenImportIfNeeded(target, importSettings, limits, chargeRateLimit, async (inspector) => {
    for await (const _ of inspector.inspectWhileStreaming(stored)) await cpuTimeslices.next();
  });
}

/** @param readThrough passes the upload's bytes through the inspector */
async function inspectThenImportIfNeeded(
  target: UploadTarget,
  importSettings: ImportSettings,
  limits: UploadLimits,
  chargeRateLimit: (rows: number) => void,
  readThrough: (inspector: UploadInspector) => Promise<void>,
): Promise<UploadSummary> {
  const inspector = new UploadInspector(importSettings, limits);
  try {
    await readThrough(inspector);
  } finally {
    if (!inspector.needsImport) chargeRateLimit(inspector.rows);
  }
  if (!inspector.needsImport) return inspector.result();
  return target.importSemaphore.run(() => importStored(target, inspector, importSettings, limits, chargeRateLimit));
}

async function importStored(
  { store, keys }: UploadTarget,
  { bytes: size, sha256 }: UploadInspector,
  importSettings: ImportSettings,
  limits: UploadLimits,
  chargeRateLimit: (rows: number) => void,
): Promise<UploadSummary> {
  const read = (offset: number, length: number) =>
    offset >= size || length === 0
      ? Promise.resolve(new Uint8Array(0))
      : store.getRange(keys.input, { start: offset, end: Math.min(offset + length, size) });
  const imported = await importInThread(
    { size, read },
    { ...importSettings, maxExpandedBytes: limits.maxUploadBytes * MAX_CANONICAL_FACTOR },
  );
  const canonical = new CanonicalUpload(imported.start, imported.bytes, limits, size);
  let uploadedColumns: HeaderMatch;
  try {
    uploadedColumns = matchColumnsOrReject(imported.start.columns.visible, importSettings, imported.start.headerLine);
    await store.put(keys.canonical, canonical.splitWhileStreaming(), {
      contentType: 'text/csv',
    });
  } catch (error) {
    throw canonical.failure ?? error;
  } finally {
    chargeRateLimit(canonical.rows);
    await imported.stop();
  }
  const { columns, dialect } = imported.start;
  const { visible, ...positions } = columns;
  const { header, rows, shards, bytes: canonicalBytes, summary } = canonical.result();
  return {
    header: { dialect, columns: visible, byteLength: header.byteLength },
    uploadedColumns,
    storedColumns: canonicalMatch(columns, importSettings.schema),
    rows,
    shards,
    bytes: size,
    sha256,
    canonical: { bytes: canonicalBytes, ...positions },
    report: summary.report,
    warnings: summary.warnings,
    warningsTotal: summary.warnings_total,
  };
}

/** Splits a canonical file into shards while it is stored. */
class CanonicalUpload {
  /** Error of the import or of these checks, for the caller: the store that reads the generator wraps it. */
  failure: unknown;
  private bytes = 0;
  private header: Header | undefined;
  private splitter: ReturnType<typeof createSplitter> | undefined;
  private ended: { rows: number; shards: UploadSummary['shards']; summary: ImportSummary } | undefined;

  constructor(
    private readonly start: ImportStart,
    private readonly blocks: Import['bytes'],
    private readonly limits: UploadLimits,
    private readonly originalBytes: number,
  ) {}

  get rows(): number {
    return this.splitter?.rows ?? 0;
  }

  async *splitWhileStreaming(): AsyncGenerator<Uint8Array> {
    try {
      for (let next = await this.blocks.next(); ; next = await this.blocks.next()) {
        if (next.done === true) return this.end(next.value);
        this.add(next.value);
        yield next.value;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  result() {
    const { header, ended, bytes } = this;
    if (header === undefined || ended === undefined) throw new Error('the canonical file was not read to its end');
    return { header, bytes, ...ended };
  }

  private add(block: Uint8Array): void {
    this.bytes += block.length;
    const { maxUploadBytes, remainingBytes } = this.limits;
    const maxBytes = maxUploadBytes * MAX_CANONICAL_FACTOR;
    if (this.bytes > maxBytes)
      throw new Problem('too-large', `Converted to CSV, an upload may hold ${maxBytes} bytes. Split the file.`);
    if (remainingBytes !== undefined && this.bytes + this.originalBytes > remainingBytes)
      throw quotaExceeded(remainingBytes);
    if (this.splitter !== undefined) return this.splitter.push(block);
    const { dialect, names } = this.start;
    const scanner = new RowScanner(delimiterByte(dialect.delimiter), lineEndByte(dialect.lineEnd));
    // The first block begins with the whole header.
    const byteLength = scanner.findRowEnd(asBuffer(block), 0) + 1;
    this.header = { dialect, columns: names, byteLength };
    this.splitter = createSplitter(this.header, this.limits, {}, MAX_CANONICAL_ROW_BYTES);
    this.splitter.push(block.subarray(byteLength));
  }

  private end(summary: ImportSummary): void {
    if (this.splitter === undefined) throw new Problem('internal-error', 'The import gave no bytes.');
    const { rows, shards } = this.splitter.end();
    if (rows === 0) throw noRows();
    this.ended = { rows, shards, summary };
  }
}
