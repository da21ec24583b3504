import { Readable, type Writable } from 'node:stream';
import {
  ObjectCorruptError,
  ObjectMismatchError,
  ObjectRangeError,
  StoreUnavailableError,
  assertSize,
} from '../errors';
import { checkFolder, checkKey, checkRange, pageLimit } from '../key-validation';
import type {
  ByteRange,
  ListDescendingOptions,
  ListOptions,
  ListPage,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  TimedObject,
} from '../object-store';
import { type StoreFinding, toStoreFinding } from '../store-finding';
import { mapWriteErrors } from './file-errors';
import type { FileObjectStore } from './file-object-store';
import { Deletions } from './journal/deletions';
import { MAX_BODY_BYTES, type NewFrame } from './journal/frames';
import { Journal } from './journal/journal';
import { LateDeletions } from './journal/late-deletions';
import type { JournalLimits } from './journal/limits';
import { Lookup } from './journal/lookup';
import { mergeDescending, mergePage } from './journal/merge-listing';
import { type Entry, infoOf } from './journal/segment';
import { SegmentFolders } from './journal/segment-folders';
import { SegmentStorer } from './journal/segment-storer';
import { isLocalFileSystem } from './local-file-system';

/** Above it new records are written as files. */
const MAX_JOURNAL_BYTES = 256 * 1024 * 1024;
/** Above it nothing is put into the journal: what names one writer of several cannot be put anywhere else. */
const FULL_JOURNAL_BYTES = 2 * MAX_JOURNAL_BYTES;
const EMPTY = Buffer.alloc(0);

/**
 * A file store that first writes small objects to a journal, where many of them share one write (journal/journal.ts): objects
 * with a marker, and those put with `journal: true`. Within a minute they are stored as files. Other processes with the
 * same folder see them at once. On network mounts, where appends are not atomic, there is no journal.
 */
export class JournaledStore implements ObjectStore {
  readonly url: string;
  readonly presigns = false;
  private readonly journal: Journal;
  private readonly lookup: Lookup;
  private readonly lateDeletions: LateDeletions;
  private readonly storer: SegmentStorer;
  private readonly deletions: Deletions;
  private isLocal: boolean | undefined;

  constructor(
    private readonly files: FileObjectStore,
    limits: JournalLimits,
  ) {
    this.url = files.url;
    this.journal = new Journal(new SegmentFolders(files.root, files.tempFolder, files.folders.directorySync));
    this.lookup = new Lookup(this.journal, files);
    this.lateDeletions = new LateDeletions(this.journal, files);
    this.storer = new SegmentStorer(this.journal, this.lookup, files, limits, this.lateDeletions);
    this.deletions = new Deletions(this.journal, this.lookup, this.storer, this.lateDeletions);
  }

  async start(): Promise<void> {
    await this.files.start();
    this.storer.start();
    this.journal.start();
    await mapWriteErrors(async () => {
      if (await this.canAppend()) await this.journal.folders.create();
      await this.journal.refresh();
      if (this.journal.openSegment !== undefined) await this.journal.folders.removeRetired();
    });
    this.storer.startTimer();
  }

  /** Stores what the journal holds, if `start` was called and that takes no longer than about a second. */
  async stop(): Promise<void> {
    await this.storer.stop();
    await this.journal.stop();
    await this.files.stop();
  }

  async put(key: string, body: ObjectBody, options?: PutOptions): Promise<{ size: number }> {
    // A stream must be read from the start. Keys of streams are never put into the journal.
    if (!(body instanceof Uint8Array)) return this.files.put(key, body, options);
    checkKey(key);
    this.lateDeletions.cancel(key);
    await this.lookup.refresh();
    const earlier = this.journal.find(key);
    // A marker in both places would have to be deleted from both.
    if (earlier?.size === 0 && body.byteLength === 0) return { size: 0 };
    const put = await this.files.put(key, body, options);
    if (earlier !== undefined) await this.deletions.removeFromJournal([key]);
    return put;
  }

  async putWithMarker(key: string, body: Uint8Array, marker: string, options?: PutOptions): Promise<void> {
    // When objects come faster than they can be stored as files, they are written as files at once.
    if (this.journal.bytes > MAX_JOURNAL_BYTES || !(await this.accepts(body)))
      return this.files.putWithMarker(key, body, marker, options);
    checkKey(key);
    checkKey(marker);
    options?.signal?.throwIfAborted();
    if (this.journal.find(key) !== undefined) {
      await this.put(key, body, options);
      await this.put(marker, EMPTY);
      return;
    }
    this.lateDeletions.cancel(key, marker);
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
    if (this.journal.bytes > FULL_JOURNAL_BYTES)
      throw new StoreUnavailableError('the journal is full: its objects come faster than they are stored as files');
    this.lateDeletions.cancel(key);
    const [applied] = await this.append([{ type: 'put', key, body }]);
    // The first frame counts, in the order of the segments. Before them all, what is stored as a file.
    const first = applied?.existing ?? this.journal.find(key);
    if (first !== undefined && (applied?.existing !== undefined || first.segment !== applied?.segment))
      return assertEqual(key, body, await this.readEntry(first));
    if (await this.lookup.hasNoFile(key)) return 'created';
    return assertEqual(key, body, await this.files.get(key));
  }

  /** Reads an object that may become a file meanwhile. */
  private readEntry(entry: Entry): Promise<Buffer> {
    return this.journal.read(entry).catch((error: unknown) => {
      if (error instanceof ObjectCorruptError) return this.get(entry.key);
      throw error;
    });
  }

  async get(key: string, buffer?: Buffer, maxBytes = Infinity): Promise<Buffer> {
    return this.lookup.read(
      key,
      (entry) => {
        assertSize(key, entry.size, maxBytes);
        return this.journal.read(entry);
      },
      () => this.files.get(key, buffer, maxBytes),
    );
  }

  async getWithTime(key: string, maxBytes = Infinity): Promise<TimedObject> {
    return this.lookup.read(
      key,
      async (entry) => {
        assertSize(key, entry.size, maxBytes);
        return { body: await this.journal.read(entry), modifiedAt: infoOf(entry).modifiedAt };
      },
      () => this.files.getWithTime(key, maxBytes),
    );
  }

  async getRange(key: string, range: ByteRange, buffer?: Buffer): Promise<Buffer> {
    return this.lookup.read(
      key,
      (entry) => this.readRange(entry, range),
      () => this.files.getRange(key, range, buffer),
    );
  }

  async getStream(key: string, range?: ByteRange): Promise<Readable> {
    return this.lookup.read(
      key,
      async (entry) => Readable.from([await this.readRange(entry, range)]),
      () => this.files.getStream(key, range),
    );
  }

  async pipeTo(key: string, target: Writable, range?: ByteRange): Promise<void> {
    const bytes = await this.lookup.read<Buffer | 'piped'>(
      key,
      (entry) => this.readRange(entry, range),
      () => this.files.pipeTo(key, target, range).then(() => 'piped'),
    );
    if (bytes === 'piped') return;
    await new Promise<void>((resolve, reject) => {
      target.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.lookup.find(
      key,
      async (entry) => infoOf(entry),
      () => this.files.head(key),
    );
  }

  async copy(from: string, to: string): Promise<void> {
    await this.lookup.read<unknown>(
      from,
      async (entry) => this.put(to, await this.journal.read(entry)),
      () => this.files.copy(from, to).then(() => true),
    );
  }

  async list(options: ListOptions): Promise<ListPage> {
    // Before the files: an object moves from the journal to its file.
    const entries = await this.lookup.entriesBelow(options.prefix);
    const page = await this.files.list(options);
    return mergePage(page, entries, options, pageLimit(options.limit));
  }

  async listDescending(options: ListDescendingOptions): Promise<string[]> {
    const entries = await this.lookup.entriesBelow(options.prefix);
    const names = await this.files.listDescending(options);
    return mergeDescending(
      names,
      entries.map(({ key }) => key),
      options,
    );
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    if ((await this.deletions.delete([key])).has(key)) return;
    await this.files.delete(key);
  }

  async deletePrefix(prefix: string): Promise<number> {
    checkFolder(prefix);
    const entries = await this.lookup.entriesBelow(prefix);
    await this.deletions.delete(this.journal.keysBelow(prefix));
    const heads = await Promise.all(entries.map(({ key }) => this.files.head(key)));
    const withoutFile = heads.filter((head) => head === undefined).length;
    return withoutFile + (await this.files.deletePrefix(prefix));
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
      if (!this.storer.hasTimer) await this.start();
    } catch (error) {
      return [toStoreFinding('create the folder', error)];
    }
    return [...(await this.files.probe()), ...this.storer.findings()];
  }

  private async accepts(body: Uint8Array): Promise<boolean> {
    if (body.byteLength > MAX_BODY_BYTES) return false;
    if (this.journal.openSegment === undefined) await this.lookup.refresh();
    return this.journal.openSegment !== undefined && (await this.canAppend());
  }

  /** Whether appends of several processes are atomic. A journal that was copied to a network mount is only read and stored. */
  private async canAppend(): Promise<boolean> {
    this.isLocal ??= await mapWriteErrors(() => isLocalFileSystem(this.files.root));
    return this.isLocal;
  }

  private append(frames: readonly NewFrame[]) {
    return mapWriteErrors(() => this.journal.append(frames));
  }

  private async readRange(entry: Entry, range: ByteRange | undefined): Promise<Buffer> {
    const { start, end } = range ?? { start: 0, end: entry.size };
    if (range !== undefined) checkRange(entry.key, range);
    if (end > entry.size) throw new ObjectRangeError(entry.key, { start, end });
    return (await this.journal.read(entry)).subarray(start, end);
  }
}

function assertEqual(key: string, body: Uint8Array, stored: Buffer): 'exists' {
  if (!stored.equals(body)) throw new ObjectMismatchError(key);
  return 'exists';
}
