import type { Readable, Writable } from 'node:stream';
import type { ObjectUnreadableError } from './errors';
import type { StoreFinding } from './store-finding';

/** What a store knows of an object without reading it. */
export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
  modifiedAt: Date;
  /** Only where the store has one of its own (S3). */
  etag?: string;
}

/**
 * Whole bytes, or chunks of them (a `Readable` is one). A stream is read once, so a failed call cannot be repeated with it.
 * The memory of a generator's chunk is the generator's again once it is asked for the next but one, or the call is over.
 */
export type ObjectBody = Uint8Array | AsyncIterable<Uint8Array>;

/** Bytes `start` up to, not including, `end`; 0 ≤ start < end ≤ size. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface PutOptions {
  contentType?: string;
  /** Ends the call with an `AbortError`; nothing is left under the key that was not there before. */
  signal?: AbortSignal;
}

export interface ListOptions {
  /** Plain start of the keys, not necessarily a whole segment. */
  prefix: string;
  /** Exclusive. With a delimiter, the group it lies in is passed over too. */
  startAfter?: string;
  /** Objects and prefixes together; 1000 by default and at most. */
  limit?: number;
  /** Fold what lies behind the next `/` into one of `prefixes`. */
  delimiter?: '/';
  /** Told of a folder below the prefix that cannot be read, and which is then skipped; without this the call fails. Only files have such folders. */
  onUnreadable?: (error: ObjectUnreadableError) => void;
}

export interface ListDownOptions {
  /** A folder: ends in `/`. */
  prefix: string;
  /** A name right below it, exclusive. */
  before?: string;
  limit: number;
  isWanted: (name: string) => boolean;
}

/** One page, keys and prefixes each ascending by their UTF-8 bytes. */
export interface ListPage {
  objects: ObjectInfo[];
  prefixes: string[];
  truncated: boolean;
}

/**
 * Durable objects under slash-separated keys. Both adapters pass one contract suite (`object-store.contract.test.ts`).
 *
 * A key has segments that do not start with a dot, and is never also the folder of another key. Every method rejects with
 * `InvalidKeyError` on another kind of key, and with `StoreUnavailableError` when the store cannot be reached or refuses.
 */
export interface ObjectStore {
  /** Where the objects are, without credentials. */
  readonly url: string;
  /** Replaces the object in one step; durable when resolved. `StoreFullError` when it does not fit. */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<{ size: number }>;
  /**
   * `put`, and a marker: an object whose name says all, and which holds whatever is cheapest. Both are durable when resolved; when it
   * fails, either may be there.
   */
  putMarked(key: string, body: Uint8Array, marker: string, options?: PutOptions): Promise<void>;
  /**
   * Copies an object, by the store itself where it can. Durable when resolved. Only for objects that are never replaced: the
   * file store gives the file a second name. `ObjectNotFoundError` when there is nothing to copy.
   */
  copy(from: string, to: string): Promise<void>;
  /**
   * Writes once: `created`, or `exists` when the same bytes are already there. Durable when resolved, either way.
   * `ObjectMismatchError` when other bytes are there, which stay.
   */
  putOnce(key: string, body: ObjectBody, options?: PutOptions): Promise<'created' | 'exists'>;
  /**
   * The whole object. `ObjectNotFoundError`.
   * @param into memory to read it into, where that is large enough: what is returned is then a view of its start
   */
  get(key: string, into?: Buffer): Promise<Buffer>;
  /** The same of a part; `ObjectRangeError` when the range is not inside the object. */
  getRange(key: string, range: ByteRange, into?: Buffer): Promise<Buffer>;
  /** Like `get` and `getRange`. The stream fails when it cannot deliver every byte; destroy it when you stop early. */
  getStream(key: string, range?: ByteRange): Promise<Readable>;
  /**
   * Writes the object, or the range of it, to a stream without ending it; resolved when the stream has taken it all. The memory of a
   * chunk is used again when its write has called back, as a socket's or file's does when it is done. As `getStream` otherwise.
   */
  sendTo(key: string, target: Writable, range?: ByteRange): Promise<void>;
  head(key: string): Promise<ObjectInfo | undefined>;
  list(options: ListOptions): Promise<ListPage>;
  /** The last wanted names of objects and folders right below a folder, descending. Only where that is cheaper than `list` (files). */
  listDown?(options: ListDownOptions): Promise<string[]>;
  /** Idempotent. Not synced to disk at once by the file store: a power cut can bring the object back. */
  delete(key: string): Promise<void>;
  /** Deletes everything below `prefix`, which ends in `/`; resolves to the number of objects. */
  deletePrefix(prefix: string): Promise<number>;
  /** A URL that downloads the object as `downloadName`; undefined where the store has none to give (files). */
  presignGet(key: string, options: { expiresSeconds: number; downloadName: string }): Promise<string | undefined>;
  /** Reachable and open for writing, or `StoreUnavailableError`. Writes nothing. */
  check(): Promise<void>;
  /**
   * Tries everything that the product relies on with an object below `probe/`; empty when all of it holds. For the start and then every
   * few minutes, not for health requests.
   */
  probe(): Promise<StoreFinding[]>;
  start(): Promise<void>;
  stop(): Promise<void>;
}
