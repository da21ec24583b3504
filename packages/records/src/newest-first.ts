import { InvalidKeyError, type ListPage, type ObjectStore } from '@cytoqueue/storage';
import { encodeTime, idTimeMs, type IdPrefix } from './ids';

/*
 * S3 lists upwards only, and the newest page is wanted first. Ids carry their time, so "from this millisecond on" is a
 * place in the keys. Probe such places: the last minute first, earlier while too little is found, later while a page does
 * not hold it all. That takes some five small list calls, fifteen at worst, however long the history is and however unevenly
 * it came; only ids of one and the same millisecond are ever read whole.
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

/** Ascending ids, the key to go on after, and whether there is nothing more before the bound they were asked for. */
interface IdPage {
  ids: string[];
  lastKey: string;
  isComplete: boolean;
}

interface Search {
  /** All ids from `topMs` on, ascending. */
  found: string[];
  topMs: number;
  /** From here on there is more than a page. */
  floorMs: number;
  /** How much further down than `topMs` to look next; infinite for anywhere above the floor. */
  windowMs: number;
  /** A window that was looked through and did not hold enough. */
  tooSmallMs: number;
  /** How much time the page at the floor covered. */
  pageMs: number;
}

function timeMs(scan: Scan, id: string | undefined): number {
  return idTimeMs(scan.idPrefix, id ?? '') ?? 0;
}

/** One page of ids behind `startAfter` and below the id `end`, both exclusive; a small one, as most are only probes. */
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

/** Reads on from a page that is known to be wanted whole. */
async function readToEnd(scan: Scan, first: IdPage, end: string | undefined): Promise<string[]> {
  const ids = [...first.ids];
  for (let page = first; !page.isComplete;) {
    page = await listIds(scan, page.lastKey, end, FULL_PAGE_IDS);
    ids.push(...page.ids);
  }
  return ids;
}

/**
 * Down by the window while that stays above the floor. Else what is missing begins somewhere in between: at the floor when
 * no more than another page fits, or right behind it, at the end of a burst, or near the top; the geometric mean of page
 * and width finds either in few steps.
 */
function nextProbeMs({ topMs, floorMs, windowMs, pageMs }: Search): number {
  const widthMs = topMs - floorMs;
  if (windowMs < widthMs) return topMs - windowMs;
  return pageMs < widthMs ? floorMs + Math.floor(Math.sqrt(pageMs * widthMs)) : floorMs;
}

/** A probe that found more than a page moves the floor up, and tells how dense the ids are there. */
function raiseFloor(scan: Scan, search: Search, fromMs: number, { ids }: IdPage): void {
  const lastMs = Math.max(fromMs, timeMs(scan, ids.at(-1)));
  search.floorMs = lastMs;
  search.topMs = Math.max(search.topMs, lastMs + 1); // ids of a clock that is ahead of ours
  search.pageMs = lastMs - fromMs + 1;
  const likelyMs = Math.ceil((search.pageMs / Math.max(1, ids.length)) * scan.wanted * 1.5);
  search.windowMs = likelyMs > search.tooSmallMs ? likelyMs : Infinity;
}

/** At least as many of the newest ids as are wanted, or all there are, ascending. */
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
 * One page of the ids below `prefix`, newest first. Segments that are no ids of this kind are passed over.
 * @throws InvalidKeyError when `before` is no such id.
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
