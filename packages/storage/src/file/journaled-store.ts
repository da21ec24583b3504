import { Readable, type Writable } from 'node:stream';
import { ObjectCorruptError, ObjectMismatchError, ObjectNotFoundError, ObjectRangeError, assertSize } from '../errors';
import { checkKey, checkRange, pageLimit } from '../key-validation';
import type {
  ByteRange,
  ListDescendingOptions,
  ListOptions,
  ListPage,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutOptions,
} from '../object-store';
import { type StoreFinding, toStoreFinding } from '../store-finding';
import { mapWriteErrors } from './file-errors';
import type { FileObjectStore } from './file-object-store';
import { closeFd, writeZeros } from './fs-callbacks';
import { MAX_BODY_BYTES, type NewFrame } from './journal/frames';
import { type Entry, Journal, type Segment } from './journal/journal';
import { mergeDescending, mergePage } from './journal/merge-listing';
import { SegmentFolders } from './journal/segment-folders';
import { storeSegment } from './journal/store-segment';
import { isLocalFileSystem } from './local-file-system';

const MIB = 1024 * 1024;
const RETRY_AFTER_MS = 10_000;
const MAX_BYTES_AT_STOP = 8 * MIB;
const EMPTY = Buffer.alloc(0);

/** When a process closes the open segment and stores its objects as files. */
export interface JournalLimits {
  /** Time without new objects: storing files does not compete with requests then. */
  readonly quietMs: number;
  /** Age of the first object while more are written. */
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly checkEveryMs: number;
  /** A segment that another process has closed for this long is stored by this one: the other may have been killed. */
  readonly takeOverAfterMs: number;
}

/** A worker stores before the API, which has requests to answer; the API does it when no worker lives. */
export const WORKER_LIMITS: JournalLimits = {
  quietMs: 2_000,
  maxAgeMs: 25_000,
  maxBytes: 64 * MIB,
  checkEveryMs: 1_000,
  takeOverAfterMs: 10_000,
};
export const API_LIMITS: JournalLimits = { ...WORKER_LIMITS, quietMs: 5_000, maxAgeMs: 35_000, maxBytes: 96 * MIB };

/**
 * A file store that first writes small objects to a journal, where many of them share one write (journal/journal.ts): objects
 * with a marker, and those put with `journal: true`. Within a minute they are stored as files. Other processes with the
 * same folder see them at once. On network mounts, where appends are not atomic, there is no journal.
 */
export class JournaledStore implements ObjectStore {
  readonly url: string;
  private readonly journal: Journal;
  private readonly timer: { current?: NodeJS.Timeout } = {};
  private storing: Promise<void> | undefined;
  private mayStore = true;
  /** Why the journal could not be stored at the last attempt. */
  private failure: { error: unknown; retryAtMs: number } | undefined;
  /** Markers that were deleted while their closed segment was being stored. */
  private readonly lateDeletions = new Map<Segment, string[]>();

  constructor(
    private readonly files: FileObjectStore,
    private readonly limits: JournalLimits,
  ) {
    this.url = files.url;
    this.journal = new Journal(new SegmentFolders(files.root, files.tempFolder, files.folders.directorySync));
  }

  async start(): Promise<void> {
    await this.files.start();
    await mapWriteErrors(async () => {
      if (await isLocalFileSystem(this.files.root)) await this.journal.folders.create();
      await this.journal.refresh();
    });
    this.timer.current ??= setInterval(() => void this.storeWhenDue(), this.limits.checkEveryMs).unref();
  }

  /** Stores what the journal holds, if `start` was called and that takes no longer than about a second. */
  async stop(): Promise<void> {
    const wasStarted = this.timer.current !== undefined;
    clearInterval(this.timer.current);
    this.timer.current = undefined;
    // Otherwise another process stores it, or the next start.
    this.mayStore = this.journal.bytes <= MAX_BYTES_AT_STOP;
    await this.storing?.catch(() => undefined);
    if (wasStarted && this.mayStore) await this.storeAll().catch(() => undefined);
    await this.journal.stop();
    await this.files.stop();
  }

  async put(key: string, body: ObjectBody, options?: PutOptions): Promise<{ size: number }> {
    // A stream is never in the journal, and must be read from the start.
    if (!(body instanceof Uint8Array)) return this.files.put(key, body, options);
    await this.refresh();
    const earlier = this.journal.find(key);
    // A marker in both places would have to be deleted from both.
    if (earlier?.size === 0 && body.byteLength === 0) return { size: 0 };
    const put = await this.files.put(key, body, options);
    if (earlier !== undefined) await this.removeFromJournal([key]);
    return put;
  }

  async putWithMarker(key: string, body: Uint8Array, marker: string, options?: PutOptions): Promise<void> {
    if (!(await this.accepts(body))) return this.files.putWithMarker(key, body, marker, options);
    checkKey(key);
    checkKey(marker);
    options?.signal?.throwIfAborted();
    await this.append([
      { type: 'create', key, body },
      { type: 'create', key: marker, body: EMPTY },
    ]);
  }

  async putOnce(key: string, body: ObjectBody, options: PutOptions = {}): Promise<'created' | 'exists'> {
    if (options.journal !== true || !(body instanceof Uint8Array) || !(await this.accepts(body)))
      return this.files.putOnce(key, body, options);
    checkKey(key);
    options.signal?.throwIfAborted();
    const [applied] = await this.append([{ type: 'put', key, body }]);
    // The first frame counts, in the order of the segments. Before them all, what is stored as a file.
    const [earlier] = applied?.earlier ?? [];
    const first = earlier ?? this.journal.find(key);
    if (first !== undefined && (earlier !== undefined || first.segment !== applied?.segment))
      return assertEqual(key, body, await this.journal.read(first));
    if ((await this.files.head(key)) === undefined) return 'created';
    return assertEqual(key, body, await this.files.get(key));
  }

  async get(key: string, buffer?: Buffer, maxBytes = Infinity): Promise<Buffer> {
    const found = await this.find(
      key,
      (entry) => {
        assertSize(key, entry.size, maxBytes);
        return this.journal.read(entry);
      },
      () => orUndefined(this.files.get(key, buffer, maxBytes)),
    );
    return found ?? notFound(key);
  }

  async getRange(key: string, range: ByteRange, buffer?: Buffer): Promise<Buffer> {
    const found = await this.find(
      key,
      (entry) => this.readRange(entry, range),
      () => orUndefined(this.files.getRange(key, range, buffer)),
    );
    return found ?? notFound(key);
  }

  async getStream(key: string, range?: ByteRange): Promise<Readable> {
    const found = await this.find(
      key,
      async (entry) => Readable.from([await this.readRange(entry, range)]),
      () => orUndefined(this.files.getStream(key, range)),
    );
    return found ?? notFound(key);
  }

  async pipeTo(key: string, target: Writable, range?: ByteRange): Promise<void> {
    const isFound = await this.find(
      key,
      async (entry) => {
        const bytes = await this.readRange(entry, range);
        await new Promise<void>((resolve, reject) => {
          target.write(bytes, (error) => (error ? reject(error) : resolve()));
        });
        return true;
      },
      () => orUndefined(this.files.pipeTo(key, target, range).then(() => true)),
    );
    if (isFound === undefined) notFound(key);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.find(
      key,
      async (entry) => infoOf(entry),
      () => this.files.head(key),
    );
  }

  async copy(from: string, to: string): Promise<void> {
    const isCopied = await this.find(
      from,
      async (entry) => {
        await this.put(to, await this.journal.read(entry));
        return true;
      },
      () => orUndefined(this.files.copy(from, to).then(() => true)),
    );
    if (isCopied === undefined) notFound(from);
  }

  async list(options: ListOptions): Promise<ListPage> {
    // Before the files: an object moves from the journal to its file.
    const entries = await this.entriesBelow(options.prefix);
    const page = await this.files.list(options);
    return mergePage(page, entries.map(infoOf), options, pageLimit(options.limit));
  }

  async listDescending(options: ListDescendingOptions): Promise<string[]> {
    const entries = await this.entriesBelow(options.prefix);
    const names = await this.files.listDescending(options);
    return mergeDescending(
      names,
      entries.map(({ key }) => key),
      options,
    );
  }

  async delete(key: string): Promise<void> {
    const { markers } = await this.deleteFromJournal([key]);
    if (!markers.has(key)) await this.files.delete(key);
  }

  async deletePrefix(prefix: string): Promise<number> {
    const entries = await this.entriesBelow(prefix);
    const { markers, erased } = await this.deleteFromJournal(entries.map(({ key }) => key));
    return markers.size + erased + (await this.files.deletePrefix(prefix));
  }

  presignGet(): Promise<undefined> {
    return this.files.presignGet();
  }

  checkWritable(): Promise<void> {
    return this.files.checkWritable();
  }

  /** Starts the store if it has never started, as the file store does. */
  async probe(): Promise<StoreFinding[]> {
    try {
      if (this.timer.current === undefined) await this.start();
    } catch (error) {
      return [toStoreFinding('create the folder', error)];
    }
    const findings = await this.files.probe();
    if (this.failure !== undefined)
      findings.push({ ...toStoreFinding('store the journal as files', this.failure.error), kind: 'warning' });
    return findings;
  }

  private async accepts(body: Uint8Array): Promise<boolean> {
    if (body.byteLength > MAX_BODY_BYTES) return false;
    if (this.journal.openSegment === undefined) await this.refresh();
    return this.journal.openSegment !== undefined;
  }

  private append(frames: readonly NewFrame[]) {
    return mapWriteErrors(() => this.journal.append(frames));
  }

  private refresh(): Promise<void> {
    return mapWriteErrors(() => this.journal.refresh());
  }

  /**
   * Finds an object among the files, where it counts first, or in the journal. It may move to the files between the two looks, and
   * a deletion may overtake the read.
   */
  private async find<T>(
    key: string,
    fromEntry: (entry: Entry) => Promise<T>,
    fromFile: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    checkKey(key);
    for (;;) {
      // Only saves looks for a file: the journal is read again below.
      if (!this.journal.isEmpty) await this.refresh();
      const { retirementCount } = this.journal;
      if (!(await this.hasNoFile(key))) {
        const found = await fromFile();
        if (found !== undefined) return found;
        await this.refresh();
      }
      // Something became a file between the two looks: look again.
      if (retirementCount !== this.journal.retirementCount) continue;
      const entry = this.journal.find(key);
      if (entry === undefined) return undefined;
      try {
        return await mapWriteErrors(() => fromEntry(entry));
      } catch (error) {
        if (!(error instanceof ObjectCorruptError)) throw error;
        await this.refresh();
        if (this.journal.find(key) === entry) throw error;
      }
    }
  }

  /** Whether the journal has the object and there is no file. Cheaper than a read that fails. */
  private async hasNoFile(key: string): Promise<boolean> {
    const entry = this.journal.find(key);
    return entry !== undefined && (entry.isOnly || (await this.files.head(key)) === undefined);
  }

  private async readRange(entry: Entry, range: ByteRange | undefined): Promise<Buffer> {
    const { start, end } = range ?? { start: 0, end: entry.size };
    if (range !== undefined) checkRange(entry.key, range);
    if (end > entry.size) throw new ObjectRangeError(entry.key, { start, end });
    return (await this.journal.read(entry)).subarray(start, end);
  }

  private async entriesBelow(prefix: string): Promise<Entry[]> {
    await this.refresh();
    return this.journal.isEmpty ? [] : [...this.journal.entries()].filter(({ key }) => key.startsWith(prefix));
  }

  /**
   * Deletes objects from the journal, and waits until those in closed segments are stored, so that their files can be deleted.
   * @returns the markers that have no file, and how many objects were overwritten
   */
  private async deleteFromJournal(keys: readonly string[]): Promise<{ markers: ReadonlySet<string>; erased: number }> {
    if (keys.some((key) => this.journal.find(key) === undefined)) await this.refresh();
    const markers = new Set<string>();
    let erased = 0;
    for (const { entry, isErased } of await this.removeFromJournal(keys)) {
      if (entry.size === 0 && isErased) markers.add(entry.key);
      else if (isErased) erased++;
      else if (entry.size === 0) await this.deleteFileLater(entry);
      else await this.storeUntilRetired(entry.segment);
    }
    return { markers, erased };
  }

  /**
   * Removes objects from the journal, and overwrites the bytes of those in the open segment: a closed one may be about to become
   * a file.
   */
  private async removeFromJournal(keys: readonly string[]): Promise<{ entry: Entry; isErased: boolean }[]> {
    const present = keys.filter((key) => this.journal.find(key) !== undefined);
    if (present.length === 0) return [];
    const removed: { entry: Entry; isErased: boolean }[] = [];
    for (const applied of await this.append(present.map((key) => ({ type: 'delete', key, body: EMPTY })))) {
      for (const entry of applied?.earlier ?? []) {
        const isErased = entry.segment === applied?.segment;
        if (isErased && entry.size > 0) await this.erase(entry);
        removed.push({ entry, isErased });
      }
    }
    return removed;
  }

  /** Deletes the file of a marker once its segment is stored. Does not wait: the reconciler removes a marker that is left. */
  private async deleteFileLater({ segment, key }: Entry): Promise<void> {
    this.lateDeletions.set(segment, [...(this.lateDeletions.get(segment) ?? []), key]);
    await this.deleteLateFiles();
  }

  private async deleteLateFiles(): Promise<void> {
    for (const [segment, keys] of this.lateDeletions) {
      if (!segment.isRetired) continue;
      this.lateDeletions.delete(segment);
      for (const key of keys) await this.files.delete(key);
    }
  }

  private async erase({ segment, start, size }: Entry): Promise<void> {
    await mapWriteErrors(async () => {
      const fd = await this.journal.folders.open(segment.number, 'overwrite');
      // A retired segment does not hold the object any more.
      if (fd === undefined) return;
      try {
        await writeZeros(fd, start, size);
      } finally {
        await closeFd(fd);
      }
    });
  }

  private async storeWhenDue(): Promise<void> {
    if (this.failure !== undefined && performance.now() < this.failure.retryAtMs) return;
    try {
      await mapWriteErrors(() => this.storeIfDue());
      this.failure = undefined;
    } catch (error) {
      // The objects stay in the journal; `probe` reports it.
      this.failure = { error, retryAtMs: performance.now() + RETRY_AFTER_MS };
    }
  }

  private async storeIfDue(): Promise<void> {
    // There is no journal, or no store any more.
    if (this.journal.openSegment === undefined) return;
    await this.journal.refresh();
    const { openSegment } = this.journal;
    if (openSegment?.firstFrameAtMs !== undefined && this.isDue(openSegment))
      await this.journal.close(openSegment.number);
    const [oldest] = this.journal.closedSegments;
    const closedForMs = performance.now() - (oldest?.closedAtMs ?? Infinity);
    if (oldest?.isOwn === true || closedForMs > this.limits.takeOverAfterMs) await this.storeClosed();
    await this.deleteLateFiles();
  }

  private isDue({ firstFrameAtMs = Infinity, lastFrameAtMs = Infinity, position }: Segment): boolean {
    const { quietMs, maxAgeMs, maxBytes } = this.limits;
    const nowMs = performance.now();
    return position >= maxBytes || nowMs - firstFrameAtMs >= maxAgeMs || nowMs - lastFrameAtMs >= quietMs;
  }

  private async storeAll(): Promise<void> {
    await this.refresh();
    const { openSegment } = this.journal;
    if (openSegment?.firstFrameAtMs !== undefined) await this.journal.close(openSegment.number);
    await this.storeClosed();
  }

  private async storeUntilRetired(segment: Segment): Promise<void> {
    await mapWriteErrors(async () => {
      while (!segment.isRetired) await this.storeClosed();
      // By this process or another one, which may have been killed meanwhile.
      await this.journal.folders.removeRetired();
    });
  }

  /** Stores the closed segments, the oldest first. Concurrent calls share the work. */
  private storeClosed(): Promise<void> {
    this.storing ??= this.storeOldestFirst().finally(() => (this.storing = undefined));
    return this.storing;
  }

  private async storeOldestFirst(): Promise<void> {
    for (let oldest = this.journal.closedSegments[0]; oldest !== undefined; oldest = this.journal.closedSegments[0]) {
      try {
        await storeSegment(this.journal, oldest, this.files, () => this.mayStore);
      } catch (error) {
        // Another process may have stored it first.
        await this.journal.refresh();
        if (!oldest.isRetired) throw error;
      }
    }
    await this.deleteLateFiles();
  }
}

function infoOf({ key, size, timeMs }: Entry): ObjectInfo {
  return { key, size, modifiedAt: new Date(timeMs) };
}

function assertEqual(key: string, body: Uint8Array, stored: Buffer): 'exists' {
  if (!stored.equals(body)) throw new ObjectMismatchError(key);
  return 'exists';
}

async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

function notFound(key: string): never {
  throw new ObjectNotFoundError(key);
}
