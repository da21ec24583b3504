import { createHash } from 'node:crypto';
import { CsvError, type Header, ShardCutter, readHeader } from '@cytoqueue/csv';
import { type FieldError, type HeaderMatch, type Schema, SchemaError, countMatches, matchHeader, schemas } from '@cytoqueue/schema';
import type { ObjectStore, ShardRange } from '@cytoqueue/storage';
import { Problem } from '../http/problem';

export interface IntakeLimits {
  maxUploadBytes: number;
  shardRows: number;
  /** What the tenant's quota leaves, in bytes. */
  room?: number;
}

/** What was learned of an upload while it streamed into the store. */
export interface Intake {
  header: Header;
  match: HeaderMatch;
  rows: number;
  shards: ShardRange[];
  bytes: number;
  /** Hex, of every byte received. */
  sha256: string;
}

const NOTHING = new Uint8Array(0);
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
  limits: IntakeLimits,
  charge: (rows: number) => void,
): Promise<Intake> {
  const inspector = new UploadInspector(schema, limits);
  try {
    await target.store.put(target.key, inspector.pass(source), { contentType: 'text/csv', signal: target.signal });
  } catch (error) {
    // A fault that the inspector found is the reason; the store's error is only its consequence.
    throw inspector.fault ?? error;
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
  fault: unknown;
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private head: Buffer = Buffer.alloc(0);
  private opened: { header: Header; match: HeaderMatch; cutter: ShardCutter } | undefined;
  private finished: Intake | undefined;

  constructor(
    private readonly schema: Schema,
    private readonly limits: IntakeLimits,
  ) {}

  /** The upload's own chunks, passed on once they were looked at. Only what is wrong with them is a fault: a store that is full also ends the source. */
  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.noting(() => this.inspect(chunk));
      yield chunk;
    }
    this.noting(() => this.finish());
  }

  /** Rows read so far. */
  get rows(): number {
    return this.opened?.cutter.rows ?? 0;
  }

  private noting(look: () => unknown): void {
    try {
      look();
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }

  /** The chunks of its data part, for whoever reads the rows. */
  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<DataChunk> {
    for await (const chunk of source) {
      const data = this.inspect(chunk);
      if (this.opened !== undefined) yield { header: this.opened.header, match: this.opened.match, data };
    }
    const data = this.finish();
    if (this.opened !== undefined && data.length > 0) yield { header: this.opened.header, match: this.opened.match, data };
  }

  result(): Intake {
    if (this.finished === undefined) throw new Error('the upload was not read to its end');
    return this.finished;
  }

  /** Returns the part of the chunk that lies behind the header. */
  private inspect(chunk: Uint8Array): Uint8Array {
    this.bytes += chunk.length;
    const { maxUploadBytes, room = Number.POSITIVE_INFINITY } = this.limits;
    if (this.bytes > maxUploadBytes) throw tooLarge(maxUploadBytes);
    if (this.bytes > room) throw new Problem('quota-exceeded', `This tenant has room for ${room} bytes more; delete batches to make room.`);
    this.hash.update(chunk);
    if (this.opened === undefined) return this.openWith(chunk, false);
    this.opened.cutter.push(chunk);
    return chunk;
  }

  /** Collects bytes until the header is complete, and judges it at once. Returns what lies behind it. */
  private openWith(chunk: Uint8Array, final: boolean): Uint8Array {
    this.head = Buffer.concat([this.head, chunk]);
    const score = (columns: string[]) => countMatches(columns, this.schema);
    const header = readHeader(this.head, { final, score, maxBytes: MAX_HEADER_BYTES, maxColumns: MAX_COLUMNS });
    if (header === undefined) return NOTHING;
    const match = judgeHeader(header, this.schema);
    const { shardRows } = this.limits;
    const cutter = new ShardCutter(header, { shardRows, shardBytes: MAX_SHARD_BYTES, maxShards: MAX_SHARDS, maxRowBytes: MAX_ROW_BYTES });
    this.opened = { header, match, cutter };
    const data = this.head.subarray(header.byteLength);
    this.head = Buffer.alloc(0);
    cutter.push(data);
    return data;
  }

  private finish(): Uint8Array {
    const data = this.opened === undefined ? this.openWith(NOTHING, true) : NOTHING;
    if (this.opened === undefined) throw new CsvError('empty-file', 'the file is empty');
    const { header, match, cutter } = this.opened;
    const { rows, shards } = cutter.end();
    if (rows === 0) throw new CsvError('no-rows', 'the file has a header but no rows');
    this.finished = { header, match, rows, shards, bytes: this.bytes, sha256: this.hash.digest('hex') };
    return data;
  }
}

export function tooLarge(maxUploadBytes: number): Problem {
  return new Problem('too-large', `An upload may hold ${maxUploadBytes} bytes, after decompression.`);
}

function judgeHeader(header: Header, schema: Schema): HeaderMatch {
  try {
    return matchHeader(header.columns, schema);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const errors = error.errors.map((item: FieldError) => ({ row: 0, ...item, column: item.column ?? item.field }));
    throw new Problem('invalid-csv', `The header does not fit the model.${looksLike(header, schema)}`, { errors, cause: error });
  }
}

/** Names the data that the file looks like instead, when every feature of theirs is there. */
function looksLike({ columns }: Header, schema: Schema): string {
  const other = Object.values(schemas).find((candidate) => candidate !== schema && countMatches(columns, candidate) === candidate.features.length);
  return other === undefined ? '' : ` It is that of ${other.title} data: choose a model for those, such as model=${other.id}-knn.`;
}
