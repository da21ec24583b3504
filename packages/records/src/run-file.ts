/*
 * A run's results are one object, or consist of the result rows of the shards' objects: then `results.json` lists the
 * parts, and no row is stored twice. The errors and changes files are always one object.
 */
import type { Writable } from 'node:stream';
import {
  type ByteRange,
  ObjectCorruptError,
  ObjectNotFoundError,
  ObjectRangeError,
  type ObjectStore,
  forEachConcurrently,
  writeChunks,
} from '@cytoqueue/storage';
import { readShardHeader, shardKey } from './batch-objects';
import { resultPartsShape } from './documents/document-shapes';
import type { BatchDocument, FileDigest } from './documents/documents';
import { readDocument } from './documents/read-document';
import { ObjectKeys } from './object-keys';

const runFileKeys = {
  results: ObjectKeys.runResults.bind(ObjectKeys),
  errors: ObjectKeys.runErrors.bind(ObjectKeys),
  changes: ObjectKeys.runChanges.bind(ObjectKeys),
};

export type RunFileName = keyof typeof runFileKeys;
export const RUN_FILE_NAMES = Object.keys(runFileKeys) as RunFileName[];

const READ_CONCURRENCY = 16;
/** Rows that are written together with the header row. */
const FIRST_ROWS_BYTES = 64 * 1024;

type ObjectPart = ByteRange & { key: string };

/** A range of a file: bytes of the header row, and parts of objects in order. */
interface Parts {
  header: Uint8Array;
  objects: ObjectPart[];
}

/**
 * Reads a file of a run. The bytes are not verified: compare them with the digest. A missing or short object and a damaged
 * list of parts are ObjectCorruptErrors; ObjectNotFoundError means that the batch is being deleted.
 */
export class RunFile {
  /** Key of the object, or of the document that lists the parts. */
  readonly key: string;

  /** @param digest what the run's manifest states about the file */
  constructor(
    private readonly store: ObjectStore,
    private readonly tenant: string,
    private readonly batch: BatchDocument,
    run: number,
    name: RunFileName,
    private readonly digest: FileDigest,
  ) {
    this.key =
      digest.composed === true
        ? ObjectKeys.runResultParts(tenant, batch.id, run)
        : runFileKeys[name](tenant, batch.id, run);
  }

  /**
   * Writes a part of the file to `target`, otherwise like `ObjectStore.pipeTo`. Nothing is written if an object of the
   * part is missing or too short.
   */
  async pipeTo(target: Writable, range: ByteRange): Promise<void> {
    try {
      const { start, rest } = await this.readStart(await this.locate(range));
      if (start.length > 0) await writeChunks([start], target);
      for (const part of rest) await this.store.pipeTo(part.key, target, part);
    } catch (error) {
      throw await this.toDamage(error);
    }
  }

  /** Yields all bytes of the file. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      const { header, objects } = await this.locate({ start: 0, end: this.digest.bytes });
      yield header;
      for (const part of objects) yield* (await this.store.getStream(part.key, part)) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw await this.toDamage(error);
    }
  }

  /** The error to report when the bytes differ from the digest. */
  checksumError(): ObjectCorruptError {
    const reason = this.digest.composed === true ? 'the rows of its shards do' : 'it does';
    return new ObjectCorruptError(this.key, `${reason} not match the checksum in the manifest`);
  }

  /** Reads first rows to go with the header row: if they are damaged, nothing has been written yet. */
  private async readStart({ header, objects }: Parts): Promise<{ start: Uint8Array; rest: ObjectPart[] }> {
    const [first, ...others] = objects;
    if (header.length === 0 || first === undefined) return { start: header, rest: objects };
    const end = Math.min(first.end, first.start + FIRST_ROWS_BYTES);
    const rows = await this.store.getRange(first.key, { start: first.start, end });
    const rest = end < first.end ? [{ ...first, start: end }, ...others] : others;
    return { start: Buffer.concat([header, rows]), rest };
  }

  private async locate(range: ByteRange): Promise<Parts> {
    const { key, store, digest } = this;
    const none = new Uint8Array(0);
    if (range.start === range.end) return { header: none, objects: [] };
    if (digest.composed !== true) return { header: none, objects: [{ key, ...range }] };
    const list = await readDocument(store, key, resultPartsShape);
    const header = Buffer.from(list.header, 'base64');
    const lengths = [header.length, ...list.shards];
    if (lengths.reduce((sum, bytes) => sum + bytes, 0) !== digest.bytes)
      throw new ObjectCorruptError(key, 'its parts do not add up to the size in the manifest');
    const objects: ObjectPart[] = [];
    const ofShards = cut(lengths, range).filter(({ index }) => index > 0);
    await forEachConcurrently(ofShards, READ_CONCURRENCY, async ({ index, start, end }, at) => {
      const rows = await this.locateRows(index - 1, list.shards[index - 1] as number);
      objects[at] = { key: rows.key, start: rows.start + start, end: rows.start + end };
    });
    return { header: header.subarray(range.start, range.end), objects };
  }

  /** Finds the result rows in a shard's object; the length of its header depends on the release that wrote it. */
  private async locateRows(shard: number, bytes: number): Promise<{ key: string; start: number }> {
    const key = shardKey(this.tenant, this.batch, shard);
    const info = await this.store.head(key);
    if (info === undefined) throw new ObjectNotFoundError(key);
    const { headerBytes, resultBytes } = await readShardHeader(this.store, info);
    if (resultBytes !== bytes || info.size < headerBytes + bytes)
      throw new ObjectCorruptError(key, 'it does not hold the rows that are part of the results');
    return { key, start: headerBytes };
  }

  /** Distinguishes damage from a deletion, which removes the list of parts before the shards. */
  private async toDamage(error: unknown): Promise<unknown> {
    if (error instanceof ObjectRangeError)
      return new ObjectCorruptError(error.key, 'it is shorter than its manifest says', { cause: error });
    if (!(error instanceof ObjectNotFoundError)) return error;
    const isDeleted = error.key !== this.key && (await this.store.head(this.key)) === undefined;
    return isDeleted ? error : new ObjectCorruptError(error.key, 'it is missing', { cause: error });
  }
}

/** The overlap of consecutive parts of these lengths with a range of all of them, relative to each part. */
function cut(lengths: readonly number[], { start, end }: ByteRange): ({ index: number } & ByteRange)[] {
  let at = 0;
  return lengths.flatMap((length, index) => {
    const [from, to] = [Math.max(0, start - at), Math.min(length, end - at)];
    at += length;
    return from < to ? [{ index, start: from, end: to }] : [];
  });
}
