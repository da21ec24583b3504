import { type ObjectStore, listNewestFirst } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Call } from './route';

export function pageQuery(statuses: readonly string[], idPrefix: string) {
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Most items in one page' }),
    after: z.string().regex(new RegExp(`^${idPrefix}[0-7][0-9a-hjkmnp-tv-z]{25}$`), 'is not an id of this list').optional(),
    status: z.enum(statuses as [string, ...string[]]).optional(),
  });
}

export interface PageQuery {
  limit: number;
  after?: string;
  status?: string;
}

export interface Listing<T> {
  store: ObjectStore;
  /** Object key prefix below which the ids lie. */
  prefix: string;
  idPrefix: 'pred_' | 'batch_';
  /** undefined when the resource went between listing and reading. */
  read: (id: string) => Promise<(T & { id: string; status: string }) | undefined>;
  /** Takes the units that resources cost that were read and not shown, because a status was asked for. */
  charge?: (units: number) => void;
}

/** Answers with a page of a list, newest first, and the link to the next one. */
export async function sendPage<T>({ request, response, query }: Call, listing: Listing<T>): Promise<void> {
  const { limit, after, status } = query as unknown as PageQuery;
  const { data, lastId, hasMore } = await collect(listing, { limit, after, status });
  if (hasMore && lastId !== null) {
    linkNext(request, response, { limit: String(limit), after: lastId, ...(status === undefined ? {} : { status }) });
  }
  response.json({ data, has_more: hasMore, last_id: lastId });
}

export function linkNext(request: Request, response: Response, query: Record<string, string>): void {
  response.set('Link', `<${request.path}?${new URLSearchParams(query).toString()}>; rel="next"`);
}

/** Resources that are read for one unit: as many as a usual page shows. */
const READS_A_UNIT = 20;
/** How many resources one request may look at: a status that hardly any has must not read a whole history. */
const MOST_LOOKED_AT = 500;

interface Collected<T> {
  data: T[];
  /** Where the next page goes on; behind the last item, or behind the last one looked at. */
  lastId: string | null;
  hasMore: boolean;
}

/**
 * Reads on until `limit` items with the wanted status are found, and looks one further to know whether there is more.
 * What had to look at very many ends early: a page that is short, even empty, and has more behind it.
 */
export async function collect<T>(listing: Listing<T>, { limit, after, status }: PageQuery): Promise<Collected<T & { id: string; status: string }>> {
  const found: (T & { id: string; status: string })[] = [];
  let before = after;
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; ) {
    const { ids, hasMore } = await listNewestFirst(listing.store, { prefix: listing.prefix, idPrefix: listing.idPrefix, before, limit: limit + 1 });
    const items = await Promise.all(ids.map(listing.read));
    for (const item of items) if (item !== undefined && (status === undefined || item.status === status)) found.push(item);
    if (found.length > limit) return { data: found.slice(0, limit), lastId: found[limit - 1].id, hasMore: true };
    if (!hasMore) return { data: found, lastId: found.at(-1)?.id ?? null, hasMore: false };
    lookedAt += ids.length;
    listing.charge?.(Math.ceil(ids.length / READS_A_UNIT));
    before = ids.at(-1);
  }
  return { data: found, lastId: before ?? null, hasMore: true };
}
