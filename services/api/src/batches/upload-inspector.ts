import { createHash } from 'node:crypto';
import { CsvError, type Header, ShardSplitter, readHeader } from '@cytoqueue/csv';
import {
  type FieldError,
  type HeaderMatch,
  type Schema,
  SchemaError,
  countFeatureColumns,
  matchHeader,
  schemas,
} from '@cytoqueue/schema';
import type { ObjectStore } from '@cytoqueue/storage';
import type { ShardRange } from '@cytoqueue/records';
import { Problem } from '../http/problem';

export interface UploadLimits {
  maxUploadBytes: number;
  shardRows: number;
  /** What the tenant's quota leaves, in bytes. */
  remainingBytes?: number;
}

/** What was learned of an upload while it streamed into the store. */
export interface UploadSummary {
  header: Header;
  match: HeaderMatch;
  rows: number;
  shards: ShardRange[];
  bytes: number;
  /** Hex, of every byte received. */
  sha256: string;
}

const EMPTY = new Uint8Array(0);
const MIB = 1024 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_COLUMNS = 1_000;
const MAX_ROW_BYTES = MIB;
/** A flow of more children than this makes Redis work for seconds (see packages/queue). */
const MAX_SHARDS = 2_000;
/** A shard is read and answered in one piece by a worker; wide rows must not make it large. */
const MAX_SHARD_BYTES = 4 * MIB;

/**
 * Streams an upload into the store while it is inspected: size limit, header, rows, shard ranges, checksum.
 * No more than a chunk is held. A fault ends the stream, and the store leaves nothing behind.
 * @param charge takes the rows that were read, also of a file that is refused at its last row
 * @throws Problem 413, 422 for a header that does not fit; CsvError naming row and column
 */
export async function storeUpload(
  source: AsyncIterable<Uint8Array>,
  target: { store: ObjectStore; key: string; signal: AbortSignal },
  schema: Schema,
  limits: UploadLimits,
  charge: (rows: number) => void,
): Promise<UploadSummary> {
  const inspector = new UploadInspector(schema, limits);
  try {
    await target.store.put(target.key, inspector.tee(source), { contentType: 'text/csv', signal: target.signal });
  } catch (error) {
    // A fault that the inspector found is the reason; the store's error is only its consequence.
    throw inspector.failure ?? error;
  } finally {
    charge(inspector.rows);
  }
  return inspector.result();
}

/** What has arrived of the data part, with the header that it belongs to. */
interface DataChunk {
  header: Header;
  match: HeaderMatch;
  data: Uint8Array;
}

/** Looks at an upload while it streams by: size, header, rows, shards, checksum. */
export class UploadInspector {
  failure: unknown;
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private headerBytes: Buffer = Buffer.alloc(0);
  private parsed: { header: Header; match: HeaderMatch; cutter: ShardSplitter } | undefined;
  private summary: UploadSummary | undefined;

  constructor(
    private readonly schema: Schema,
    private readonly limits: UploadLimits,
  ) {}

  /** The upload's own chunks, passed on once they were looked at. Only what is wrong with them is a fault: a store that is full also ends the source. */
  async *tee(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.captureFailure(() => this.inspect(chunk));
      yield chunk;
    }
    this.captureFailure(() => this.finish());
  }

  /** Rows read so far. */
  get rows(): number {
    return this.parsed?.cutter.rows ?? 0;
  }

  private captureFailure(check: () => unknown): void {
    try {
      check();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** The chunks of its data part, for whoever reads the rows. */
  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<DataChunk> {
    for await (const chunk of source) {
      const data = this.inspect(chunk);
      if (this.parsed !== undefined) yield { header: this.parsed.header, match: this.parsed.match, data };
    }
    const data = this.finish();
    if (this.parsed !== undefined && data.length > 0)
      yield { header: this.parsed.header, match: this.parsed.match, data };
  }

  result(): UploadSummary {
    if (this.summary === undefined) throw new Error('the upload was not read to its end');
    return this.summary;
  }

  /** Returns the part of the chunk that lies behind the header. */
  private inspect(chunk: Uint8Array): Uint8Array {
    this.bytes += chunk.length;
    const { maxUploadBytes, remainingBytes = Number.POSITIVE_INFINITY } = this.limits;
    if (this.bytes > maxUploadBytes) throw uploadTooLarge(maxUploadBytes);
    if (this.bytes > remainingBytes)
      throw new Problem(
        'quota-exceeded',
        `This tenant has room for ${remainingBytes} bytes more; delete batches to make room.`,
      );
    this.hash.update(chunk);
    if (this.parsed === undefined) return this.tryParseHeader(chunk, false);
    this.parsed.cutter.push(chunk);
    return chunk;
  }

  /** Collects bytes until the header is complete, and judges it at once. Returns what lies behind it. */
  private tryParseHeader(chunk: Uint8Array, final: boolean): Uint8Array {
    this.headerBytes = Buffer.concat([this.headerBytes, chunk]);
    const score = (columns: string[]) => countFeatureColumns(columns, this.schema);
    const header = readHeader(this.headerBytes, {
      final,
      countRecognized: score,
      maxBytes: MAX_HEADER_BYTES,
      maxColumns: MAX_COLUMNS,
    });
    if (header === undefined) return EMPTY;
    const match = matchHeaderOrReject(header, this.schema);
    const { shardRows } = this.limits;
    const cutter = new ShardSplitter(header, {
      shardRows,
      shardBytes: MAX_SHARD_BYTES,
      maxShards: MAX_SHARDS,
      maxRowBytes: MAX_ROW_BYTES,
    });
    this.parsed = { header, match, cutter };
    const data = this.headerBytes.subarray(header.byteLength);
    this.headerBytes = Buffer.alloc(0);
    cutter.push(data);
    return data;
  }

  private finish(): Uint8Array {
    const data = this.parsed === undefined ? this.tryParseHeader(EMPTY, true) : EMPTY;
    if (this.parsed === undefined) throw new CsvError('empty-file', 'the file is empty');
    const { header, match, cutter } = this.parsed;
    const { rows, shards } = cutter.end();
    if (rows === 0) throw new CsvError('no-rows', 'the file has a header but no rows');
    this.summary = { header, match, rows, shards, bytes: this.bytes, sha256: this.hash.digest('hex') };
    return data;
  }
}

export function uploadTooLarge(maxUploadBytes: number): Problem {
  return new Problem('too-large', `An upload may hold ${maxUploadBytes} bytes, after decompression.`);
}

function matchHeaderOrReject(header: Header, schema: Schema): HeaderMatch {
  try {
    return matchHeader(header.columns, schema);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const errors = error.errors.map((item: FieldError) => ({ row: 0, ...item, column: item.column ?? item.field }));
    throw new Problem('invalid-csv', `The header does not fit the model.${suggestModel(header, schema)}`, {
      errors,
      cause: error,
    });
  }
}

/** Names the data that the file looks like instead, when every feature of theirs is there. */
function suggestModel({ columns }: Header, schema: Schema): string {
  const other = Object.values(schemas).find(
    (candidate) => candidate !== schema && countFeatureColumns(columns, candidate) === candidate.features.length,
  );
  return other === undefined
    ? ''
    : ` It is that of ${other.title} data: choose a model for those, such as model=${other.id}-knn.`;
}
