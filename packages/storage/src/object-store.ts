import type { Readable, Writable } from 'node:stream';
import type { ObjectUnreadableError } from './errors';
import type { StoreFinding } from './store-finding';

/** An object's metadata. */
export interface ObjectInfo {
  key: string;
  /** In bytes. */
  size: number;
  modifiedAt: Date;
  /** Set by S3 only. */
  etag?: string;
}

/** An object's bytes and the time at which they were written, as `head` gives it. */
export interface TimedObject {
  body: Buffer;
  modifiedAt: Date;
}

/**
 * All bytes at once, or a stream of chunks, such as a `Readable`. A stream can be read once, so a caller that retries needs a
 * new one. A chunk must stay unchanged until two more chunks have been requested or the call has ended.
 */
export type ObjectBody = Uint8Array | AsyncIterable<Uint8Array>;

/** Bytes from `start` (inclusive) to `end` (exclusive); 0 ≤ start < end ≤ size. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface PutOptions {
  contentType?: string;
  /** Aborts the write with an `AbortError`. The key keeps its previous object, if any. */
  signal?: AbortSignal;
  /**
   * `putOnce` writes a small object to the file store's journal first, which costs a tenth of a file when many are put. All
   * `putOnce` of a key must agree. File store only.
   */
  journal?: true;
}

export interface ListOptions {
  /** A string prefix of the keys; it may end within a segment. */
  prefix: string;
  /** List only keys after this one. With a delimiter, also skips the rest of the prefix group that contains it. */
  startAfter?: string;
  /** Maximum number of objects and prefixes together; default and upper limit 1000. */
  limit?: number;
  /** Group the keys that have a further `/` after the prefix: return each group once, in `prefixes`. */
  delimiter?: '/';
  /** With a delimiter: also return folders that deletes have emptied, which saves reading each folder. File store only. */
  emptyFolders?: boolean;
  /** Called for each unreadable folder below the prefix, which is then skipped. Without it the call fails. File store only. */
  onUnreadable?: (error: ObjectUnreadableError) => void;
}

export interface ListDescendingOptions {
  /** A folder's prefix, ending in `/`. */
  prefix: string;
  /** Exclusive upper bound: a name directly below the prefix. */
  before?: string;
  limit: number;
  matches: (name: string) => boolean;
}

/** One page of a listing. Objects and prefixes are each sorted by UTF-8 bytes. */
export interface ListPage {
  objects: ObjectInfo[];
  prefixes: string[];
  truncated: boolean;
}

/**
 * Stores durable objects under slash-separated keys. The file store and the S3 store pass the same tests
 * (`contract/*.contract.test.ts`).
 *
 * Keys: no segment starts with a dot, and no key is a folder of another key (`a` and `a/b` cannot both exist).
 * Errors: every method rejects with `InvalidKeyError` for an invalid key, and with `StoreUnavailableError` when the store
 * cannot be reached or refuses the operation. Each method's comment names its further errors.
 * Durability: an object that was written survives a crash or power loss once the call has resolved.
 */
export interface ObjectStore {
  /** The store's URL, without credentials. */
  readonly url: string;
  /** Whether `presignGet` returns URLs. A file that a URL may name must be one object. */
  readonly presigns: boolean;
  /** Creates or atomically replaces an object. @throws StoreFullError */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<{ size: number }>;
  /**
   * Puts an object and a marker. The key should be new: an object that is a file already may stay.
   * Only the marker's existence counts; its content is unspecified. Both are durable when the call
   * has resolved. After a failure either of them may exist.
   */
  putWithMarker(key: string, body: Uint8Array, marker: string, options?: PutOptions): Promise<void>;
  /**
   * Copies an object within the store, without transferring its bytes where possible. Use it only for objects that are never
   * replaced, because the file store creates a hard link. @throws ObjectNotFoundError
   */
  copy(from: string, to: string): Promise<void>;
  /**
   * Writes an object that must never change. Resolves to `created`, or to `exists` when the key already holds the same bytes;
   * the object is durable in both cases. @throws ObjectMismatchError when the key holds different bytes, which it keeps
   */
  putOnce(key: string, body: ObjectBody, options?: PutOptions): Promise<'created' | 'exists'>;
  /**
   * Reads a whole object.
   * @param buffer if large enough, the object is read into it and the result is a view of its start
   * @param maxBytes a larger object is damaged and not read, so that it cannot fill the memory
   * @throws ObjectNotFoundError, ObjectCorruptError
   */
  get(key: string, buffer?: Buffer, maxBytes?: number): Promise<Buffer>;
  /** Like `get`, with the time of the write, which saves a `head`. */
  getWithTime(key: string, maxBytes?: number): Promise<TimedObject>;
  /** Reads a part of an object, otherwise like `get`. @throws ObjectNotFoundError, ObjectRangeError */
  getRange(key: string, range: ByteRange, buffer?: Buffer): Promise<Buffer>;
  /** Streams an object or a part of it. The stream delivers every byte or fails. Destroy it if you stop reading early. */
  getStream(key: string, range?: ByteRange): Promise<Readable>;
  /**
   * Writes an object or a part of it to `target`, without ending `target`; resolves when all writes have called back. A chunk's
   * buffer is reused after its write has called back, so `target` must not retain it.
   */
  pipeTo(key: string, target: Writable, range?: ByteRange): Promise<void>;
  /** Reads an object's metadata; undefined when there is no such object. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Lists one page. Continue with `startAfter` while the page is `truncated`. */
  list(options: ListOptions): Promise<ListPage>;
  /** Lists the names of objects and folders directly below a prefix, descending. Only the file store has it: S3 lists upwards only. */
  listDescending?(options: ListDescendingOptions): Promise<string[]>;
  /** Deletes an object. Idempotent. Not durable in the file store: after power loss the object can reappear. */
  delete(key: string): Promise<void>;
  /** Deletes every object below `prefix`, which must end in `/`. @returns the number of objects deleted */
  deletePrefix(prefix: string): Promise<number>;
  /** Creates a URL that downloads the object as `downloadName`. The file store has no URLs and returns undefined. */
  presignGet(key: string, options: { expiresSeconds: number; downloadName: string }): Promise<string | undefined>;
  /** Checks that the store is reachable and writable, without writing. @throws StoreUnavailableError */
  checkWritable(): Promise<void>;
  /**
   * Tests write-once, read-after-write, listing and deletion with an object below `probe/`. Returns one finding per problem. Call
   * it at the start and every few minutes; it is too expensive for health requests.
   */
  probe(): Promise<StoreFinding[]>;
  /** Prepares the store. Idempotent. */
  start(): Promise<void>;
  /** Releases connections and caches. */
  stop(): Promise<void>;
}
