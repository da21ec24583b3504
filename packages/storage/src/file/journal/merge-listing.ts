import type { ListDescendingOptions, ListOptions, ListPage, ObjectInfo } from '../../object-store';
import { compareBytes } from '../folder-entries';
import { type Entry, infoOf } from './segment';

/** Adds entries to a page of a listing. @param entries those below the prefix; their objects may also be on the page */
export function mergePage(
  page: ListPage,
  entries: readonly Entry[],
  { prefix, startAfter, delimiter }: ListOptions,
  limit: number,
): ListPage {
  if (entries.length === 0) return page;
  const infos = new Map<string, ObjectInfo>(page.objects.map((info) => [info.key, info]));
  const names = new Set([...infos.keys(), ...page.prefixes]);
  const last = page.truncated ? lastOf([...names]) : undefined;
  for (const entry of entries) {
    const name = nameOf(entry.key, prefix, delimiter);
    // `startAfter` may be a key within a group.
    const isListed = startAfter !== undefined && (startAfter.startsWith(name) || compareBytes(name, startAfter) <= 0);
    if (isListed || (last !== undefined && compareBytes(name, last) > 0)) continue;
    names.add(name);
    if (name === entry.key && !infos.has(name)) infos.set(name, infoOf(entry));
  }
  const sorted = [...names].sort(compareBytes);
  const visible = sorted.slice(0, limit);
  return {
    objects: visible.map((name) => infos.get(name)).filter((info) => info !== undefined),
    prefixes: visible.filter((name) => !infos.has(name)),
    truncated: page.truncated || sorted.length > limit,
  };
}

/**
 * Adds the names of objects to those that `listDescending` has found. A folder sorts as the keys below it; all names count as
 * folders if the objects are in folders.
 */
export function mergeDescending(
  names: readonly string[],
  keys: readonly string[],
  { prefix, before, limit, matches }: ListDescendingOptions,
): string[] {
  if (keys.length === 0) return [...names];
  const entries = keys.map((key) => nameOf(key, prefix, '/').slice(prefix.length));
  const end = entries.some((entry) => entry.endsWith('/')) ? '/' : '';
  const isListed = (entry: string) =>
    (before === undefined || compareBytes(entry, before) < 0) && matches(entry.replace(/\/$/, ''));
  const all = new Set([...names.map((name) => name + end), ...entries.filter(isListed)]);
  const sorted = [...all].sort((a, b) => compareBytes(b, a)).slice(0, limit);
  return sorted.map((entry) => entry.replace(/\/$/, ''));
}

/** The key, or the prefix of the group that holds it. */
function nameOf(key: string, prefix: string, delimiter: '/' | undefined): string {
  const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? key : key.slice(0, end + 1);
}

function lastOf(names: readonly string[]): string | undefined {
  return names.reduce<string | undefined>(
    (last, name) => (last === undefined || compareBytes(name, last) > 0 ? name : last),
    undefined,
  );
}
