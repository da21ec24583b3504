import { InvalidKeyError, type ListPage, type ObjectStore } from '@cytoqueue/storage';
import { encodeTime, idTimeMs, type IdPrefix } from './ids';

/*
 * Lists the newest page first although S3 lists upwards only. Ids contain their time, so a listing can start at any time. The
 * search probes start times: first the last minute, earlier while it finds too few ids, later while it finds more than a page.
 * It takes about five list calls, at most fifteen, for any length and distribution of the history. Only ids of a single
 * millisecond must be read completely.
 */

const FIRST_WINDOW_MS = 60_000;
const WIDEN_BY = 8;
const MIN_PROBE_IDS = 64;
const FULL_PAGE_IDS = 1000;

export interface NewestFirstOptions {
  /** Ends in `/`; the ids are the segments right below it, objects or folders. */
  prefix: string;
  idPrefix: IdPrefix;
  /** An id, exclusive. */
  before?: string;
  limit: number;
}

interface Scan extends NewestFirstOptions {
  store: ObjectStore;
  wanted: number;
}

/** Ascending ids, the key to continue after, and whether the listing has reached its bound. */
interface IdPage {
  ids: string[];
  lastKey: string;
  isComplete: boolean;
}

interface Search {
  /** All ids from `topMs` on, ascending. */
  found: string[];
  topMs: number;
  /** There are more ids from this time on than one page holds. */
  floorMs: number;
  /** Distance of the next probe below `topMs`; infinite: probe between floor and top. */
  windowMs: number;
  /** The largest window that held too few ids. */
  tooSmallMs: number;
  /** Time span of the page at the floor. */
  pageMs: number;
}

function timeMs(scan: Scan, id: string | undefined): number {
  return idTimeMs(scan.idPrefix, id ?? '') ?? 0;
}

/** Lists one small page of ids between `startAfter` and `end`, both exclusive. */
async function listIds(
  scan: Scan,
  startAfter: string,
  end: string | undefined,
  limit = Math.max(MIN_PROBE_IDS, 2 * scan.wanted),
): Promise<IdPage> {
  const page: ListPage = await scan.store.list({
    prefix: scan.prefix + scan.idPrefix,
    delimiter: '/',
    startAfter,
    limit,
  });
  const keys = [...page.prefixes, ...page.objects.map(({ key }) => key)].sort();
  const segments = keys.map((key) => key.slice(scan.prefix.length).replace(/\/$/, ''));
  const below = end === undefined ? segments : segments.filter((segment) => segment < end);
  return {
    ids: below.filter((segment) => idTimeMs(scan.idPrefix, segment) !== undefined),
    lastKey: keys.at(-1) ?? startAfter,
    isComplete: !page.truncated || below.length < segments.length,
  };
}

/** Reads all further pages up to `end`. */
async function readToEnd(scan: Scan, first: IdPage, end: string | undefined): Promise<string[]> {
  const ids = [...first.ids];
  for (let page = first; !page.isComplete;) {
    page = await listIds(scan, page.lastKey, end, FULL_PAGE_IDS);
    ids.push(...page.ids);
  }
  return ids;
}

/**
 * Goes down by the window while that stays above the floor. Otherwise the missing ids start between floor and top: at the
 * floor if at most one more page fits, just above it at the end of a burst, or near the top. The geometric mean of the page's
 * time span and the remaining width finds either in few steps.
 */
function nextProbeMs({ topMs, floorMs, windowMs, pageMs }: Search): number {
  const widthMs = topMs - floorMs;
  if (windowMs < widthMs) return topMs - windowMs;
  return pageMs < widthMs ? floorMs + Math.floor(Math.sqrt(pageMs * widthMs)) : floorMs;
}

/** Raises the floor after a probe that found more than a page, and records the density of ids there. */
function raiseFloor(scan: Scan, search: Search, fromMs: number, { ids }: IdPage): void {
  const lastMs = Math.max(fromMs, timeMs(scan, ids.at(-1)));
  search.floorMs = lastMs;
  search.topMs = Math.max(search.topMs, lastMs + 1); // ids of a host whose clock is ahead
  search.pageMs = lastMs - fromMs + 1;
  const likelyMs = Math.ceil((search.pageMs / Math.max(1, ids.length)) * scan.wanted * 1.5);
  search.windowMs = likelyMs > search.tooSmallMs ? likelyMs : Infinity;
}

/** Reads at least the wanted number of newest ids, or all ids, ascending. */
async function readNewest(scan: Scan): Promise<string[]> {
  const start = scan.prefix + scan.idPrefix;
  const oldest = await listIds(scan, start, scan.before);
  if (oldest.isComplete) return oldest.ids;
  const bottomMs = timeMs(scan, oldest.ids[0]);
  let end = scan.before;
  const topMs = 1 + (end === undefined ? Date.now() : timeMs(scan, end));
  const search: Search = { found: [], topMs, floorMs: bottomMs, windowMs: 0, tooSmallMs: 0, pageMs: 0 };
  raiseFloor(scan, search, bottomMs, oldest);
  search.windowMs = FIRST_WINDOW_MS;
  while (search.found.length < scan.wanted && search.topMs > bottomMs) {
    const fromMs = nextProbeMs(search);
    const page = await listIds(scan, start + encodeTime(fromMs), end);
    if (!page.isComplete && search.topMs - fromMs > 1) {
      raiseFloor(scan, search, fromMs, page);
      continue;
    }
    search.found = [...(await readToEnd(scan, page, end)), ...search.found];
    search.tooSmallMs = search.topMs - fromMs;
    search.windowMs = search.tooSmallMs * WIDEN_BY;
    search.topMs = fromMs;
    if (search.floorMs >= fromMs) search.floorMs = bottomMs;
    end = scan.idPrefix + encodeTime(fromMs);
  }
  return search.found;
}

/**
 * Lists one page of the ids below `prefix`, newest first. Skips segments that are not ids of this kind.
 * @throws InvalidKeyError when `before` is not an id of this kind
 */
export async function listNewestFirst(
  store: ObjectStore,
  options: NewestFirstOptions,
): Promise<{ ids: string[]; hasMore: boolean }> {
  const { before, idPrefix, limit } = options;
  if (before !== undefined && idTimeMs(idPrefix, before) === undefined)
    throw new InvalidKeyError('"before" is not an id');
  if (store.listDescending !== undefined) {
    const isWanted = (name: string): boolean => idTimeMs(idPrefix, name) !== undefined;
    const newest = await store.listDescending({ prefix: options.prefix, before, limit: limit + 1, matches: isWanted });
    return { ids: newest.slice(0, limit), hasMore: newest.length > limit };
  }
  const ids = await readNewest({ store, wanted: limit + 1, ...options });
  return { ids: ids.slice(-limit).reverse(), hasMore: ids.length > limit };
}
