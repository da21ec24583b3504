import { join } from 'node:path';
import { ObjectUnreadableError } from '../errors';
import { isNotFound, mapWriteErrors } from './file-errors';
import { type FolderEntries, compareBytes, lowerBound } from './folder-entries';
import { lstat, stat } from './fs-callbacks';
import { pageLimit } from '../key-validation';
import type { ListOptions, ListPage, ListDescendingOptions, ObjectInfo } from '../object-store';
import { canConcernOneObject, confineToObject } from '../unreadable';

const STAT_CONCURRENCY = 16;

/** A key, or the prefix of a folder (with a trailing `/`). */
type Entry = string;

const isFolder = (entry: Entry) => entry.endsWith('/');

/** Lists the objects below a root folder. */
export class FileListing {
  /** @param check rejects when the store as a whole does not work */
  constructor(
    private readonly root: string,
    private readonly folders: FolderEntries,
    private readonly check: () => Promise<void>,
  ) {}

  /** Implements `ObjectStore.list`. Only the last page can be empty. */
  async listPage(query: ListOptions): Promise<ListPage> {
    const limit = pageLimit(query.limit);
    let from = query;
    for (;;) {
      const entries = await this.firstEntries(from, limit + 1);
      const visible = entries.slice(0, limit);
      const infos = await Promise.all(
        visible.filter((entry) => !isFolder(entry)).map((key) => listedInfo(this.root, key)),
      );
      const objects = infos.filter((info) => info !== undefined);
      const prefixes = visible.filter(isFolder);
      const truncated = entries.length > limit;
      if (!truncated || objects.length + prefixes.length > 0) return { objects, prefixes, truncated };
      from = { ...from, startAfter: visible.at(-1) };
    }
  }

  /** Implements `ObjectStore.listDescending`. Reads the folder once, or not at all when the cached entries are valid. */
  async listDescending({ prefix, before, limit, matches }: ListDescendingOptions): Promise<string[]> {
    const names = await this.namesIn(prefix);
    const found: string[] = [];
    for (
      let end = before === undefined ? names.length : lowerBound(names, before);
      end > 0 && found.length < limit;
      end -= STAT_CONCURRENCY
    ) {
      const page = names.slice(Math.max(0, end - STAT_CONCURRENCY), end).reverse();
      const visible = await Promise.all(
        page.map(async (name) => matches(name.replace(/\/$/, '')) && this.isVisible(prefix + name)),
      );
      found.push(...page.filter((_, index) => visible[index]).map((name) => name.replace(/\/$/, '')));
    }
    return found.slice(0, limit);
  }

  private async firstEntries(query: ListOptions, count: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    const { prefix } = query;
    for await (const entry of this.walkFolder(query, prefix.slice(0, prefix.lastIndexOf('/') + 1))) {
      entries.push(entry);
      if (entries.length === count) break;
    }
    return entries;
  }

  /** Yields keys and, with a delimiter, prefixes in ascending order. Skips folders that cannot hold a match. */
  private async *walkFolder(query: ListOptions, folder: Entry): AsyncGenerator<Entry> {
    const names = await this.namesIn(folder).catch((error: unknown) => {
      if (
        !(error instanceof ObjectUnreadableError) ||
        query.onUnreadable === undefined ||
        folder.length <= query.prefix.length
      )
        throw error;
      query.onUnreadable(error);
      return [];
    });
    const matching = matchingNames(names, query, folder);
    if (query.delimiter !== undefined && query.emptyFolders !== true)
      return yield* this.withoutEmptyFolders(folder, matching);
    for (const name of matching) {
      if (isFolder(name) && query.delimiter === undefined) yield* this.walkFolder(query, folder + name);
      else yield folder + name;
    }
  }

  private async *withoutEmptyFolders(folder: Entry, names: Iterable<string>): AsyncGenerator<Entry> {
    let pending: Entry[] = [];
    for (const name of names) {
      pending.push(folder + name);
      if (pending.length < STAT_CONCURRENCY) continue;
      yield* await this.onlyVisible(pending);
      pending = [];
    }
    yield* await this.onlyVisible(pending);
  }

  private async onlyVisible(entries: Entry[]): Promise<Entry[]> {
    const visible = await Promise.all(entries.map((entry) => this.isVisible(entry)));
    return entries.filter((_, index) => visible[index]);
  }

  private async isVisible(entry: Entry): Promise<boolean> {
    return !isFolder(entry) || this.holdsObject(entry);
  }

  /** @throws ObjectUnreadableError */
  private async namesIn(folder: Entry): Promise<readonly string[]> {
    try {
      return await mapWriteErrors(() => this.folders.read(join(this.root, folder)));
    } catch (error) {
      throw await confineToObject(folder, error, this.check);
    }
  }

  /** Deletes leave empty folders, which are not listed. An unreadable folder is listed, because it may hold objects. */
  private async holdsObject(folder: Entry): Promise<boolean> {
    const names = await this.namesIn(folder).catch((error: unknown) => {
      if (error instanceof ObjectUnreadableError) return undefined;
      throw error;
    });
    if (names === undefined) return true;
    if (names.some((name) => !isFolder(name))) return true;
    for (const name of names) {
      if (await this.holdsObject(folder + name)) return true;
    }
    return false;
  }
}

/** Selects the matching range of a folder's sorted names by binary search. Folder names end in a slash, so they sort as the keys below them. */
function* matchingNames(
  names: readonly string[],
  { prefix, startAfter, delimiter }: ListOptions,
  folder: Entry,
): Generator<string> {
  const start = prefix.slice(folder.length);
  let index = lowerBound(names, start);
  if (startAfter !== undefined && compareBytes(startAfter, folder) > 0) {
    if (!startAfter.startsWith(folder)) return; // the whole folder sorts before startAfter
    const after = startAfter.slice(folder.length);
    index = Math.max(index, lowerBound(names, after));
    if (names[index] === after && !isEntered(after)) index++;
    const above = names[index - 1];
    if (above !== undefined && isEntered(above) && after.startsWith(above) && above.startsWith(start)) index--;
  }
  for (; index < names.length && names[index]!.startsWith(start); index++) yield names[index]!;

  function isEntered(name: string): boolean {
    return delimiter === undefined && isFolder(name);
  }
}

/** Falls back to `lstat` for a file that `stat` cannot read, such as a symbolic link loop. */
async function listedInfo(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await statObject(root, key);
  } catch (error) {
    if (!canConcernOneObject(error)) throw error;
    const { size, mtime } = await lstat(join(root, key));
    return { key, size, modifiedAt: mtime };
  }
}

/** Returns undefined when there is no such object. */
export async function statObject(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const stats = await stat(join(root, key));
    return stats.isFile() ? { key, size: stats.size, modifiedAt: stats.mtime } : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
