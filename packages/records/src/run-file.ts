/*
 * A run's results are one object, or consist of the result rows of the shards' objects: then `results.json` lists the
 * parts, and no row is stored twice. The errors and changes files are always one object.
 */
import type { Writable } from 'node:stream';
import type { ByteRange, ObjectStore } from '@cytoqueue/storage';
import { shardKey } from './batch-objects';
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

/** Bytes in memory, or a part of an object. */
type Part = Uint8Array | (ByteRange & { key: string });

/** Reads a file of a run. The bytes are not verified: compare them with the manifest's digest. */
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
   * Writes a part of the file to `target`, otherwise like `ObjectStore.pipeTo`.
   * @throws ObjectNotFoundError, ObjectRangeError, ObjectCorruptError
   */
  async pipeTo(target: Writable, range: ByteRange): Promise<void> {
    for (const part of await this.parts(range)) {
      if (part instanceof Uint8Array) await writeTo(target, part);
      else await this.store.pipeTo(part.key, target, part);
    }
  }

  /** Yields all bytes of the file. @throws ObjectNotFoundError, ObjectRangeError, ObjectCorruptError */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (const part of await this.parts({ start: 0, end: this.digest.bytes })) {
      if (part instanceof Uint8Array) yield part;
      else yield* (await this.store.getStream(part.key, part)) as AsyncIterable<Uint8Array>;
    }
  }

  /** The parts that hold a range of the file, in order. */
  private async parts({ start, end }: ByteRange): Promise<Part[]> {
    const { key, store, tenant, batch } = this;
    if (start === end) return [];
    if (this.digest.composed !== true) return [{ key, start, end }];
    const { header, shards } = await readDocument(store, key, resultPartsShape);
    const all = [
      Buffer.from(header, 'base64'),
      ...shards.map((part, shard) => ({ key: shardKey(tenant, batch, shard), ...part })),
    ];
    return cut(all, start, end);
  }
}

/** The overlap of each part with the bytes from `start` to `end` of all parts together. */
function cut(parts: readonly Part[], start: number, end: number): Part[] {
  let at = 0;
  return parts.flatMap((part): Part[] => {
    const length = part instanceof Uint8Array ? part.length : part.end - part.start;
    const [from, to] = [Math.max(0, start - at), Math.min(length, end - at)];
    at += length;
    if (from >= to) return [];
    if (part instanceof Uint8Array) return [part.subarray(from, to)];
    return [{ ...part, start: part.start + from, end: part.start + to }];
  });
}

function writeTo(target: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    target.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
