import { InvalidKeyError } from './errors';
import { encodeTime, idTimeMs, type IdPrefix } from './ids';
import type { ListPage, ObjectStore } from './object-store';

/*
 * Stores list upwards only, and the newest page is wanted first. Ids carry their time, so a window of time is a range of
 * keys: start with the last minute, widen eightfold while too little is found, narrow while a window is more than one page.
 * That takes a handful of list calls however long the history is.
 */

const FIRST_WINDOW_MS = 60_000;
const WIDEN_BY = 8;

export interface NewestFirstOptions {
  /** Ends in `/`; the ids are the segments right below it, objects or folders. */
  prefix: string;
  idPrefix: IdPrefix;
  /** An id, exclusive. */
  before?: string;
  limit: number;
}

interface Scan extends NewestFirstOptions { store: ObjectStore }

/** Ascending ids, the key to go on after, and whether there is nothing more before the bound they were asked for. */
interface IdPage { ids: string[]; lastKey: string; complete: boolean }

/** A stretch of time to look through, `end` being the id that bounds it. */
interface Span { fromMs: number; endMs: number; end: string | undefined }

function timeMs(scan: Scan, id: string | undefined): number {
  return idTimeMs(scan.idPrefix, id ?? '') ?? 0;
}

function segmentOf(scan: Scan, key: string): string {
  return key.slice(scan.prefix.length).replace(/\/$/, '');
}

/** One page of ids behind `startAfter` and below the id `end`, both exclusive. */
async function listIds(scan: Scan, startAfter: string, end: string | undefined): Promise<IdPage> {
  const page: ListPage = await scan.store.list({ prefix: scan.prefix + scan.idPrefix, delimiter: '/', startAfter });
  const keys = [...page.prefixes, ...page.objects.map(({ key }) => key)].sort();
  const segments = keys.map((key) => segmentOf(scan, key));
  const below = end === undefined ? segments : segments.filter((segment) => segment < end);
  return {
    ids: below.filter((segment) => idTimeMs(scan.idPrefix, segment) !== undefined),
    lastKey: keys.at(-1) ?? startAfter,
    complete: !page.truncated || below.length < segments.length,
  };
}

/** Reads on from a page that is known to be wanted whole. */
async function readToEnd(scan: Scan, first: IdPage, end: string | undefined): Promise<string[]> {
  const ids = [...first.ids];
  for (let page = first; !page.complete;) {
    page = await listIds(scan, page.lastKey, end);
    ids.push(...page.ids);
  }
  return ids;
}

/** All ids of the span's newest part, whose start moves up while the span is more than a page. */
async function readSpan(scan: Scan, span: Span): Promise<{ fromMs: number; ids: string[] }> {
  let { fromMs } = span;
  for (;;) {
    const page = await listIds(scan, scan.prefix + scan.idPrefix + encodeTime(fromMs), span.end);
    if (page.complete) return { fromMs, ids: page.ids };
    const lastMs = timeMs(scan, segmentOf(scan, page.lastKey));
    const narrowedMs = Math.max(lastMs, Math.floor((fromMs + span.endMs) / 2));
    if (narrowedMs <= fromMs || narrowedMs >= span.endMs) return { fromMs, ids: await readToEnd(scan, page, span.end) };
    fromMs = narrowedMs;
  }
}

/** At least `wanted` of the newest ids, or all there are, ascending. */
async function readNewest(scan: Scan, wanted: number): Promise<string[]> {
  const oldest = await listIds(scan, scan.prefix + scan.idPrefix, scan.before);
  if (oldest.complete) return oldest.ids;
  const oldestMs = timeMs(scan, oldest.ids[0]);
  let end = scan.before;
  let endMs = 1 + (end === undefined ? Math.max(Date.now(), oldestMs) : timeMs(scan, end));
  let windowMs = FIRST_WINDOW_MS;
  let found: string[] = [];
  while (found.length < wanted && endMs > oldestMs) {
    const { fromMs, ids } = await readSpan(scan, { fromMs: Math.max(oldestMs, endMs - windowMs), endMs, end });
    found = [...ids, ...found];
    windowMs = (endMs - fromMs) * WIDEN_BY;
    endMs = fromMs;
    end = scan.idPrefix + encodeTime(fromMs);
  }
  return found;
}

/**
 * One page of the ids below `prefix`, newest first. Segments that are no ids of this kind are passed over.
 * @throws InvalidKeyError when `before` is no such id.
 */
export async function listNewestFirst(
  store: ObjectStore, options: NewestFirstOptions,
): Promise<{ ids: string[]; hasMore: boolean }> {
  const { before, idPrefix, limit } = options;
  if (before !== undefined && idTimeMs(idPrefix, before) === undefined) throw new InvalidKeyError('"before" is not an id');
  const ids = await readNewest({ store, ...options }, limit + 1);
  return { ids: ids.slice(-limit).reverse(), hasMore: ids.length > limit };
}
