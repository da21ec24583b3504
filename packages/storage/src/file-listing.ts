import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './file-errors';
import { stat } from './fs-calls';
import { pageLimit } from './key-rules';
import type { ListOptions, ListPage, ObjectInfo } from './object-store';

const LOOKS_AT_ONCE = 16;

/** A key, or with a trailing `/` the prefix of a folder. */
type Entry = string;

const isFolder = (entry: Entry) => entry.endsWith('/');

const SURROGATE = /[\ud800-\udfff]/;

/** By UTF-8 bytes, which is the order of UTF-16 units except around surrogate pairs. */
function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : Number(a > b);
}

/** Walks the tree below a root in the order of keys, entering only the folders that can hold what is asked for. */
class Walk {
  constructor(private readonly root: string, private readonly query: ListOptions) {}

  /** Ascending keys and, with a delimiter, prefixes. */
  async *entries(): AsyncGenerator<Entry> {
    const { prefix } = this.query;
    yield* this.below(prefix.slice(0, prefix.lastIndexOf('/') + 1));
  }

  private async *below(folder: Entry): AsyncGenerator<Entry> {
    const children = await this.children(folder);
    if (this.query.delimiter !== undefined) return yield* this.withoutEmptyFolders(children);
    for (const entry of children) {
      if (isFolder(entry)) yield* this.below(entry);
      else yield entry;
    }
  }

  private async *withoutEmptyFolders(entries: Entry[]): AsyncGenerator<Entry> {
    for (let start = 0; start < entries.length; start += LOOKS_AT_ONCE) {
      const some = entries.slice(start, start + LOOKS_AT_ONCE);
      const shown = await Promise.all(some.map((entry) => this.isShown(entry)));
      yield* some.filter((_, index) => shown[index]);
    }
  }

  private async isShown(entry: Entry): Promise<boolean> {
    return !isFolder(entry) || holdsObject(this.root, entry);
  }

  /** What is wanted of a folder's own entries; a folder sorts by its name with the slash, as the keys below it do. */
  private async children(folder: Entry): Promise<Entry[]> {
    const children = await readFolder(this.root, folder);
    return children.filter((entry) => this.wants(entry)).sort(compareBytes);
  }

  private wants(entry: Entry): boolean {
    const { prefix, startAfter, delimiter } = this.query;
    if (!entry.startsWith(prefix)) return false;
    if (startAfter === undefined || compareBytes(entry, startAfter) > 0) return true;
    return isFolder(entry) && delimiter === undefined && startAfter.startsWith(entry);
  }
}

async function readFolder(root: string, folder: Entry): Promise<Entry[]> {
  let dirents: Dirent[];
  try {
    dirents = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  const shown = dirents.filter((dirent) => !dirent.name.startsWith('.') && (dirent.isFile() || dirent.isDirectory()));
  return shown.map((dirent) => folder + dirent.name + (dirent.isDirectory() ? '/' : ''));
}

/** A folder emptied by deletes is no prefix of anything. */
async function holdsObject(root: string, folder: Entry): Promise<boolean> {
  const children = await readFolder(root, folder);
  if (children.some((entry) => !isFolder(entry))) return true;
  for (const child of children) {
    if (await holdsObject(root, child)) return true;
  }
  return false;
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

async function firstEntries(root: string, query: ListOptions, count: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of new Walk(root, query).entries()) {
    entries.push(entry);
    if (entries.length === count) break;
  }
  return entries;
}

/** One page, as `ObjectStore.list` has it. A page is empty only when it is the last. */
export async function listFiles(root: string, query: ListOptions): Promise<ListPage> {
  const limit = pageLimit(query.limit);
  let from = query;
  for (;;) {
    const entries = await firstEntries(root, from, limit + 1);
    const shown = entries.slice(0, limit);
    const infos = await Promise.all(shown.filter((entry) => !isFolder(entry)).map((key) => fileInfo(root, key)));
    const objects = infos.filter((info) => info !== undefined);
    const prefixes = shown.filter(isFolder);
    const truncated = entries.length > limit;
    if (!truncated || objects.length + prefixes.length > 0) return { objects, prefixes, truncated };
    from = { ...from, startAfter: shown.at(-1) };
  }
}
