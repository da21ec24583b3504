import { constants } from 'node:fs';
import { access, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ObjectMismatchError, ObjectNotFoundError, ObjectRangeError } from './errors';
import { errorCode, reading, storing } from './file-errors';
import { FileListing, fileInfo } from './file-listing';
import { FolderEntries } from './folder-entries';
import { Folders, unlinkFile } from './folders';
import { linkUnlessThere, touch } from './place-file';
import { link, readFile, rename } from './fs-calls';
import { checkFolder, checkKey, checkPrefix, checkRange } from './key-rules';
import type { ByteRange, ListDownOptions, ListOptions, ListPage, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './object-store';
import { probeObjects } from './probe-objects';
import { sameBytes } from './same-bytes';
import { WholeFileBody, readExactly } from './file-body';
import { alternatingChunks, sendChunks } from './send-chunks';
import { settleAll } from './settle-all';
import { type StoreFinding, findingOf } from './store-finding';
import { TempFiles } from './temp-files';
import { confineToObject } from './unreadable';

const TEMP_FOLDER = '.tmp';

/**
 * Objects as files below one folder, the key being the path; several processes may share it.
 *
 * A write goes to a synced temp file first, then under its key by rename or link, then the directory is synced. So a key
 * holds a whole object or none, whenever the power goes, and what a call has resolved stays. Of concurrent writes the
 * directory syncs are shared; what remains is one file sync an object, and none for an empty one.
 */
export class FileObjectStore implements ObjectStore {
  readonly url: string;
  private readonly folders: Folders;
  private readonly tempFiles: TempFiles;
  private readonly entries = new FolderEntries();
  private readonly listing: FileListing;
  private isStarted = false;

  /** @param root absolute path. */
  constructor(private readonly root: string) {
    this.url = pathToFileURL(root).href;
    this.folders = new Folders(root);
    this.listing = new FileListing(root, this.entries, () => this.check());
    this.tempFiles = new TempFiles(join(root, TEMP_FOLDER), this.folders);
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<{ size: number }> {
    const path = this.pathOf(key);
    if (isEmpty(body) && (await this.createEmpty(path, options.signal))) return { size: 0 };
    const size = await this.tempFiles.write(body, options.signal, async (tempPath, bytes) => {
      await this.folders.inFolder(dirname(path), () => rename(tempPath, path), true);
      return bytes;
    });
    await this.settle(path);
    return { size };
  }

  /** The marker is a second name of the object's file: no file of its own to be made, synced and removed again. */
  async putMarked(key: string, body: Uint8Array, marker: string, options: PutOptions = {}): Promise<void> {
    const [path, markerPath] = [this.pathOf(key), this.pathOf(marker)];
    await this.tempFiles.write(body, options.signal, async (tempPath) => {
      const marking = this.folders.inFolder(dirname(markerPath), () => linkUnlessThere(tempPath, markerPath));
      await settleAll([marking, this.folders.make(dirname(path))]);
      await this.folders.inFolder(dirname(path), () => rename(tempPath, path));
    });
    await Promise.all([this.settle(path), this.settle(markerPath)]);
  }

  async copy(from: string, to: string): Promise<void> {
    const [source, target] = [this.pathOf(from), this.pathOf(to)];
    if ((await this.head(from)) === undefined) throw new ObjectNotFoundError(from);
    try {
      await this.folders.inFolder(dirname(target), () => link(source, target), true);
    } catch (error) {
      if ((await this.head(from)) === undefined) throw new ObjectNotFoundError(from, { cause: error });
      // Such as a file with more names than the file system allows.
      const body = await this.getStream(from);
      // Closes the source also when the write fails before it reads.
      await this.put(to, body).finally(() => body.destroy());
    }
    await this.settle(target);
  }

  async putOnce(key: string, body: ObjectBody, options: PutOptions = {}): Promise<'created' | 'exists'> {
    const path = this.pathOf(key);
    if (isEmpty(body) && (await this.createEmpty(path, options.signal))) return 'created';
    const outcome = await this.tempFiles.write(body, options.signal, (tempPath) => this.linkOnce(key, tempPath, path));
    await this.settle(path); // also of an object that exists: its writer may not have come so far
    return outcome;
  }

  async get(key: string, into?: Buffer): Promise<Buffer> {
    return into === undefined ? this.reading(key, () => readFile(this.pathOf(key))) : this.readOpened(key, undefined, into);
  }

  async getRange(key: string, range: ByteRange, into?: Buffer): Promise<Buffer> {
    return this.readOpened(key, range, into);
  }

  async getStream(key: string, range?: ByteRange): Promise<Readable> {
    const handle = await this.openRange(key, range);
    try {
      const { start, end } = range ?? { start: 0, end: (await handle.stat()).size };
      return new WholeFileBody(key, handle, start, end);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async sendTo(key: string, target: Writable, range?: ByteRange): Promise<void> {
    const handle = await this.openRange(key, range);
    try {
      const { start, end } = range ?? { start: 0, end: (await handle.stat()).size };
      await sendChunks(alternatingChunks(key, handle, start, end), target);
    } finally {
      await handle.close();
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return this.reading(key, () => fileInfo(this.root, key));
  }

  async list(options: ListOptions): Promise<ListPage> {
    checkPrefix(options.prefix);
    return storing(() => this.listing.page(options));
  }

  async listDown(options: ListDownOptions): Promise<string[]> {
    checkFolder(options.prefix);
    return storing(() => this.listing.down(options));
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    await storing(() => unlinkFile(path));
  }

  async deletePrefix(prefix: string): Promise<number> {
    checkFolder(prefix);
    return storing(() => this.folders.remove(join(this.root, prefix.slice(0, -1))));
  }

  async presignGet(): Promise<undefined> {
    return undefined;
  }

  async check(): Promise<void> {
    await storing(() => access(this.root, constants.R_OK | constants.W_OK | constants.X_OK));
  }

  /** Starts the store first where that has failed so far; later never, for a root that is gone may be a disk that is not mounted. */
  async probe(): Promise<StoreFinding[]> {
    try {
      if (!this.isStarted) await this.start();
    } catch (error) {
      return [findingOf('make the folder', error)];
    }
    return probeObjects(this);
  }

  /** Makes the folder and removes what killed writers left in it. Can be repeated at any time. */
  async start(): Promise<void> {
    await storing(async () => {
      await this.folders.makeRoot();
      await this.tempFiles.start();
    });
    this.isStarted = true;
  }

  /** Only what is remembered of large folders is held between calls. */
  async stop(): Promise<void> {
    this.entries.stop();
  }

  private pathOf(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }

  private async settle(path: string): Promise<void> {
    await storing(() => this.folders.settle(dirname(path)));
  }

  /** An empty object is whole as soon as its name is there. False when the name is taken. */
  private async createEmpty(path: string, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    const created = await storing(() => this.folders.inFolder(dirname(path), () => touch(path)));
    if (created) await this.settle(path);
    return created;
  }

  private async linkOnce(key: string, tempPath: string, path: string): Promise<'created' | 'exists'> {
    try {
      await this.folders.inFolder(dirname(path), () => link(tempPath, path));
      await unlinkFile(tempPath);
      return 'created';
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    if (!(await sameBytes(tempPath, path))) throw new ObjectMismatchError(key);
    await unlinkFile(tempPath);
    return 'exists';
  }

  private async readOpened(key: string, range: ByteRange | undefined, into: Buffer | undefined): Promise<Buffer> {
    const handle = await this.openRange(key, range);
    try {
      const { start, end } = range ?? { start: 0, end: (await handle.stat()).size };
      const length = end - start;
      const bytes = into !== undefined && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
      await this.reading(key, () => readExactly(key, handle, bytes, start));
      return bytes;
    } finally {
      await handle.close();
    }
  }

  /** Runs a read of one object. @throws ObjectNotFoundError, ObjectUnreadableError, StoreUnavailableError */
  private async reading<T>(key: string, work: () => Promise<T>): Promise<T> {
    return reading(key, work).catch(async (error: unknown) => Promise.reject(await confineToObject(key, error, () => this.check())));
  }

  /** An open handle on an object that the range, if there is one, lies inside. */
  private async openRange(key: string, range: ByteRange | undefined): Promise<FileHandle> {
    const path = this.pathOf(key);
    if (range) checkRange(key, range);
    const handle = await this.reading(key, () => open(path));
    try {
      const stats = await this.reading(key, () => handle.stat());
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
