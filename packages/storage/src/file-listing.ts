import { join } from 'node:path';
import { ObjectUnreadableError } from './errors';
import { isAbsent, storing } from './file-errors';
import { type FolderEntries, compareBytes, lowerBound } from './folder-entries';
import { lstat, stat } from './fs-calls';
import { pageLimit } from './key-rules';
import type { ListOptions, ListPage, ListDownOptions, ObjectInfo } from './object-store';
import { canConcernOneObject, confineToObject } from './unreadable';

const LOOKS_AT_ONCE = 16;

/** A key, or with a trailing `/` the prefix of a folder. */
type Entry = string;

const isFolder = (entry: Entry) => entry.endsWith('/');

/** The tree of objects below a root. */
export class FileListing {
  /** @param check whether the store as a whole answers */
  constructor(private readonly root: string, private readonly folders: FolderEntries, private readonly check: () => Promise<void>) {}

  /** One page, as `ObjectStore.list` has it. A page is empty only when it is the last. */
  async page(query: ListOptions): Promise<ListPage> {
    const limit = pageLimit(query.limit);
    let from = query;
    for (;;) {
      const entries = await this.firstEntries(from, limit + 1);
      const shown = entries.slice(0, limit);
      const infos = await Promise.all(shown.filter((entry) => !isFolder(entry)).map((key) => listedInfo(this.root, key)));
      const objects = infos.filter((info) => info !== undefined);
      const prefixes = shown.filter(isFolder);
      const truncated = entries.length > limit;
      if (!truncated || objects.length + prefixes.length > 0) return { objects, prefixes, truncated };
      from = { ...from, startAfter: shown.at(-1) };
    }
  }

  /** As `ObjectStore.listDown` has it: one reading of the folder, or none when it has not changed. */
  async down({ prefix, before, limit, isWanted }: ListDownOptions): Promise<string[]> {
    const names = await this.namesIn(prefix);
    const found: string[] = [];
    for (let end = before === undefined ? names.length : lowerBound(names, before); end > 0 && found.length < limit; end -= LOOKS_AT_ONCE) {
      const some = names.slice(Math.max(0, end - LOOKS_AT_ONCE), end).reverse();
      const shown = await Promise.all(some.map(async (name) => isWanted(name.replace(/\/$/, '')) && this.isShown(prefix + name)));
      found.push(...some.filter((_, index) => shown[index]).map((name) => name.replace(/\/$/, '')));
    }
    return found.slice(0, limit);
  }

  private async firstEntries(query: ListOptions, count: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    const { prefix } = query;
    for await (const entry of this.below(query, prefix.slice(0, prefix.lastIndexOf('/') + 1))) {
      entries.push(entry);
      if (entries.length === count) break;
    }
    return entries;
  }

  /** Ascending keys and, with a delimiter, prefixes; enters only the folders that can hold what is asked for. */
  private async *below(query: ListOptions, folder: Entry): AsyncGenerator<Entry> {
    const names = await this.namesIn(folder).catch((error: unknown) => {
      if (!(error instanceof ObjectUnreadableError) || query.onUnreadable === undefined || folder.length <= query.prefix.length) throw error;
      query.onUnreadable(error);
      return [];
    });
    const wanted = namesWanted(names, query, folder);
    if (query.delimiter !== undefined) return yield* this.withoutEmptyFolders(folder, wanted);
    for (const name of wanted) {
      if (isFolder(name)) yield* this.below(query, folder + name);
      else yield folder + name;
    }
  }

  private async *withoutEmptyFolders(folder: Entry, names: Iterable<string>): AsyncGenerator<Entry> {
    let some: Entry[] = [];
    for (const name of names) {
      some.push(folder + name);
      if (some.length < LOOKS_AT_ONCE) continue;
      yield* await this.shownOf(some);
      some = [];
    }
    yield* await this.shownOf(some);
  }

  private async shownOf(entries: Entry[]): Promise<Entry[]> {
    const shown = await Promise.all(entries.map((entry) => this.isShown(entry)));
    return entries.filter((_, index) => shown[index]);
  }

  private async isShown(entry: Entry): Promise<boolean> {
    return !isFolder(entry) || this.holdsObject(entry);
  }

  /** @throws ObjectUnreadableError */
  private async namesIn(folder: Entry): Promise<readonly string[]> {
    try {
      return await storing(() => this.folders.read(join(this.root, folder)));
    } catch (error) {
      throw await confineToObject(folder, error, this.check);
    }
  }

  /** A folder emptied by deletes is no prefix of anything; one that cannot be read may be. */
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

/** What is asked for of a folder's sorted names, without looking at the others; a folder sorts by its name with the slash, as the keys below it do. */
function* namesWanted(names: readonly string[], { prefix, startAfter, delimiter }: ListOptions, folder: Entry): Generator<string> {
  const start = prefix.slice(folder.length);
  let index = lowerBound(names, start);
  if (startAfter !== undefined && compareBytes(startAfter, folder) > 0) {
    if (!startAfter.startsWith(folder)) return; // all of the folder lies before it
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

/** Of an object whose file cannot be looked at, such as a loop of links, what its name in the folder says. */
async function listedInfo(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await fileInfo(root, key);
  } catch (error) {
    if (!canConcernOneObject(error)) throw error;
    const { size, mtime } = await lstat(join(root, key));
    return { key, size, modifiedAt: mtime };
  }
}

/** Undefined when the object was deleted meanwhile. */
export async function fileInfo(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const stats = await stat(join(root, key));
    return stats.isFile() ? { key, size: stats.size, modifiedAt: stats.mtime } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
