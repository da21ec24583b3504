import { constants } from 'node:fs';
import { access, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ObjectMismatchError, ObjectNotFoundError, ObjectRangeError, assertSize } from '../errors';
import { errorCode, mapReadErrors, mapWriteErrors } from './file-errors';
import { FileListing, statObject } from './file-listing';
import { FolderEntries } from './folder-entries';
import { FolderTree, unlinkFile } from './folder-tree';
import { linkIfAbsent, createEmptyFile } from './create-file';
import { READ_FLAGS, isAbsentSync, link, readFile, rename } from './fs-callbacks';
import { checkFolder, checkKey, checkPrefix, checkRange } from '../key-validation';
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
import { probeObjects } from '../probe-objects';
import { filesEqual } from './files-equal';
import { FileReadable, readExactly } from './file-readable';
import { pipeFile } from '../streams/write-chunks';
import { allSettledOrThrow } from '../all-settled-or-throw';
import { type StoreFinding, toStoreFinding } from '../store-finding';
import { TempFiles } from './temp-files';
import { confineToObject } from '../unreadable';

const TEMP_FOLDER = '.tmp';

/**
 * Stores objects as files below one root folder. A key is a relative path. Several processes may share the root.
 *
 * Order of a write: (1) write and fsync a temp file, (2) rename or hard-link it to its key, (3) fsync the directory.
 * - Crash-safe: a key holds a complete object or none.
 * - Durable: a resolved write survives power loss.
 * - Cost: one file fsync per object (none for an empty one; one per 4 MiB of a stream). Concurrent writes share directory fsyncs.
 */
export class FileObjectStore implements ObjectStore {
  readonly url: string;
  readonly presigns = false;
  readonly folders: FolderTree;
  readonly tempFolder: string;
  private readonly tempFiles: TempFiles;
  private readonly entries = new FolderEntries();
  private readonly listing: FileListing;
  private isStarted = false;

  /** @param root absolute path of the root folder */
  constructor(readonly root: string) {
    this.url = pathToFileURL(root).href;
    this.folders = new FolderTree(root);
    this.listing = new FileListing(root, this.entries, () => this.checkWritable());
    this.tempFolder = join(root, TEMP_FOLDER);
    this.tempFiles = new TempFiles(this.tempFolder, this.folders);
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<{ size: number }> {
    const path = this.toPath(key);
    if (isEmpty(body) && (await this.createEmpty(path, options.signal))) return { size: 0 };
    const size = await this.tempFiles.write(body, options.signal, async (tempPath, bytes) => {
      await this.folders.withFolder(dirname(path), () => rename(tempPath, path), true);
      return bytes;
    });
    await this.syncPath(path);
    return { size };
  }

  /** The marker is a hard link to the object's file, which saves creating and syncing a second file. */
  async putWithMarker(key: string, body: Uint8Array, marker: string, options: PutOptions = {}): Promise<void> {
    const [path, markerPath] = [this.toPath(key), this.toPath(marker)];
    const creating = this.folders.create(dirname(path));
    const writing = this.tempFiles.write(body, options.signal, async (tempPath) => {
      const marking = this.folders.withFolder(dirname(markerPath), () => linkIfAbsent(tempPath, markerPath));
      await allSettledOrThrow([marking, creating]);
      await this.folders.withFolder(dirname(path), () => rename(tempPath, path));
    });
    await allSettledOrThrow([writing, creating]);
    await Promise.all([this.syncPath(path), this.syncPath(markerPath)]);
  }

  async copy(from: string, to: string): Promise<void> {
    const [source, target] = [this.toPath(from), this.toPath(to)];
    if ((await this.head(from)) === undefined) throw new ObjectNotFoundError(from);
    try {
      await this.folders.withFolder(dirname(target), () => link(source, target), true);
    } catch (error) {
      if ((await this.head(from)) === undefined) throw new ObjectNotFoundError(from, { cause: error });
      // The link failed, for example because the file has the maximum number of links.
      const body = await this.getStream(from);
      // put may fail before it reads the source, so close it here.
      await this.put(to, body).finally(() => body.destroy());
    }
    await this.syncPath(target);
  }

  async putOnce(key: string, body: ObjectBody, options: PutOptions = {}): Promise<'created' | 'exists'> {
    const path = this.toPath(key);
    if (isEmpty(body) && (await this.createEmpty(path, options.signal))) return 'created';
    const outcome = await this.tempFiles.write(body, options.signal, (tempPath) => this.linkOnce(key, tempPath, path));
    await this.syncPath(path); // also if it exists: its writer may not have synced the directory yet
    return outcome;
  }

  async get(key: string, buffer?: Buffer, maxBytes?: number): Promise<Buffer> {
    return buffer === undefined
      ? (await this.getWithTime(key, maxBytes)).body
      : this.readRange(key, undefined, buffer, maxBytes);
  }

  async getWithTime(key: string, maxBytes?: number): Promise<TimedObject> {
    return this.mapObjectErrors(key, () => readFile(this.toPath(key), maxBytes));
  }

  async getRange(key: string, range: ByteRange, buffer?: Buffer): Promise<Buffer> {
    return this.readRange(key, range, buffer);
  }

  async getStream(key: string, range?: ByteRange): Promise<Readable> {
    const handle = await this.openRange(key, range);
    try {
      const { start, end } = range ?? { start: 0, end: (await handle.stat()).size };
      return new FileReadable(key, handle, start, end);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async pipeTo(key: string, target: Writable, range?: ByteRange): Promise<void> {
    const handle = await this.openRange(key, range);
    try {
      await pipeFile(key, handle, range ?? { start: 0, end: (await handle.stat()).size }, target);
    } finally {
      await handle.close();
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return this.mapObjectErrors(key, () => statObject(this.root, key));
  }

  /** Whether `head` would surely find nothing (see `isAbsentSync`); false if that is not certain. */
  isAbsentSync(key: string): boolean {
    return isAbsentSync(this.toPath(key));
  }

  async list(options: ListOptions): Promise<ListPage> {
    checkPrefix(options.prefix);
    return mapWriteErrors(() => this.listing.listPage(options));
  }

  async listDescending(options: ListDescendingOptions): Promise<string[]> {
    checkFolder(options.prefix);
    return mapWriteErrors(() => this.listing.listDescending(options));
  }

  async delete(key: string): Promise<void> {
    const path = this.toPath(key);
    await mapWriteErrors(() => unlinkFile(path));
  }

  async deletePrefix(prefix: string): Promise<number> {
    checkFolder(prefix);
    return mapWriteErrors(() => this.folders.remove(join(this.root, prefix.slice(0, -1))));
  }

  async presignGet(): Promise<undefined> {
    return undefined;
  }

  async checkWritable(): Promise<void> {
    await mapWriteErrors(() => access(this.root, constants.R_OK | constants.W_OK | constants.X_OK));
  }

  /** Starts the store if it has never started. A started store never recreates its root: the disk may be unmounted. */
  async probe(): Promise<StoreFinding[]> {
    try {
      if (!this.isStarted) await this.start();
    } catch (error) {
      return [toStoreFinding('create the folder', error)];
    }
    return probeObjects(this);
  }

  /** Creates the root folder and removes temp files of crashed writers. Idempotent. */
  async start(): Promise<void> {
    await mapWriteErrors(async () => {
      await this.folders.createRoot();
      await this.tempFiles.start();
    });
    this.isStarted = true;
  }

  /** Frees the cached entries of large folders. */
  async stop(): Promise<void> {
    this.entries.stop();
  }

  private toPath(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }

  private async syncPath(path: string): Promise<void> {
    await mapWriteErrors(() => this.folders.syncPath(dirname(path)));
  }

  /** An empty object needs no temp file: it is complete when its name exists. @returns false when the key exists */
  private async createEmpty(path: string, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    const created = await mapWriteErrors(() => this.folders.withFolder(dirname(path), () => createEmptyFile(path)));
    if (created) await this.syncPath(path);
    return created;
  }

  private async linkOnce(key: string, tempPath: string, path: string): Promise<'created' | 'exists'> {
    try {
      await this.folders.withFolder(dirname(path), () => link(tempPath, path));
      await unlinkFile(tempPath);
      return 'created';
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    if (!(await filesEqual(tempPath, path))) throw new ObjectMismatchError(key);
    await unlinkFile(tempPath);
    return 'exists';
  }

  private async readRange(
    key: string,
    range: ByteRange | undefined,
    buffer: Buffer | undefined,
    maxBytes = Infinity,
  ): Promise<Buffer> {
    const handle = await this.openRange(key, range);
    try {
      const { start, end } = range ?? { start: 0, end: (await handle.stat()).size };
      const length = end - start;
      assertSize(key, length, maxBytes);
      const bytes =
        buffer !== undefined && buffer.length >= length ? buffer.subarray(0, length) : Buffer.allocUnsafe(length);
      await this.mapObjectErrors(key, () => readExactly(key, handle, bytes, start));
      return bytes;
    } finally {
      await handle.close();
    }
  }

  /** Converts the errors of reading an object. @throws ObjectNotFoundError, ObjectUnreadableError, StoreUnavailableError */
  private async mapObjectErrors<T>(key: string, work: () => Promise<T>): Promise<T> {
    return mapReadErrors(key, work).catch(async (error: unknown) =>
      Promise.reject(await confineToObject(key, error, () => this.checkWritable())),
    );
  }

  /** Opens an object. @throws ObjectRangeError when the range lies outside it */
  private async openRange(key: string, range: ByteRange | undefined): Promise<FileHandle> {
    const path = this.toPath(key);
    if (range) checkRange(key, range);
    const handle = await this.mapObjectErrors(key, () => open(path, READ_FLAGS));
    try {
      const stats = await this.mapObjectErrors(key, () => handle.stat());
      if (!stats.isFile()) throw new ObjectNotFoundError(key);
      if (range && range.end > stats.size) throw new ObjectRangeError(key, range);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

function isEmpty(body: ObjectBody): boolean {
  return body instanceof Uint8Array && body.byteLength === 0;
}
