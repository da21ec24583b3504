import { type IndexedKind, ObjectKeys, idsByStatus, listNewestFirst } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { HandlerContext } from './router';

export function pageQuery(statuses: readonly string[], idPrefix: string) {
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Most items in one page' }),
    after: z
      .string()
      .regex(new RegExp(`^${idPrefix}[0-7][0-9a-hjkmnp-tv-z]{25}$`), 'is not an id of this list')
      .optional(),
    status: z.enum(statuses as [string, ...string[]]).optional(),
  });
}

export interface PageQuery {
  limit: number;
  after?: string;
  status?: string;
}

export interface PageSource<T> {
  store: ObjectStore;
  tenant: string;
  kind: IndexedKind;
  /** undefined when the resource went between listing and reading. */
  read: (id: string) => Promise<(T & { id: string; status: string }) | undefined>;
  /** Takes the units that resources cost that were read and not shown, because a status was asked for. */
  charge?: (units: number) => void;
}

/** Answers with a page of a list, newest first, and the link to the next one. */
export async function sendPage<T>({ request, response, query }: HandlerContext, source: PageSource<T>): Promise<void> {
  const { limit, after, status } = query as unknown as PageQuery;
  const { data, lastId, hasMore } = await collectPage(source, { limit, after, status });
  if (hasMore && lastId !== null) {
    setNextLink(request, response, {
      limit: String(limit),
      after: lastId,
      ...(status === undefined ? {} : { status }),
    });
  }
  response.json({ data, has_more: hasMore, last_id: lastId });
}

export function setNextLink(request: Request, response: Response, query: Record<string, string>): void {
  response.set('Link', `<${request.path}?${new URLSearchParams(query).toString()}>; rel="next"`);
}

/** Resources that are read for one unit: as many as a usual page shows. */
const READS_PER_UNIT = 20;
/** How many resources one request may look at: a status that hardly any has must not read a whole history. */
const MAX_SCANNED = 500;

interface CollectedPage<T> {
  data: T[];
  /** Where the next page goes on; behind the last item, or behind the last one looked at. */
  lastId: string | null;
  hasMore: boolean;
}

/**
 * Reads on until `limit` items with the wanted status are found, and looks one further to know whether there is more.
 * What had to look at very many ends early: a page that is short, even empty, and has more behind it.
 */
export async function collectPage<T>(
  source: PageSource<T>,
  query: PageQuery,
): Promise<CollectedPage<T & { id: string; status: string }>> {
  const { limit, status } = query;
  const found: (T & { id: string; status: string })[] = [];
  let scanned = 0;
  for await (const ids of slicesOf(listIds(source, query), limit + 1)) {
    const items = await Promise.all(ids.map(source.read));
    for (const item of items)
      if (item !== undefined && (status === undefined || item.status === status)) found.push(item);
    if (found.length > limit) return { data: found.slice(0, limit), lastId: found[limit - 1].id, hasMore: true };
    scanned += ids.length;
    source.charge?.(Math.ceil(ids.length / READS_PER_UNIT));
    if (scanned >= MAX_SCANNED) return { data: found, lastId: ids.at(-1) ?? null, hasMore: true };
  }
  return { data: found, lastId: found.at(-1)?.id ?? null, hasMore: false };
}

/** Newest first: all ids, or with a status those that may have it. */
async function* listIds<T>(
  { store, tenant, kind }: PageSource<T>,
  { limit, after, status }: PageQuery,
): AsyncGenerator<string[]> {
  if (status !== undefined) return yield* idsByStatus(store, { tenant, kind }, status, after);
  const [prefix, idPrefix] =
    kind === 'predictions'
      ? ([ObjectKeys.predictionsFolder(tenant), 'pred_'] as const)
      : ([ObjectKeys.batchesFolder(tenant), 'batch_'] as const);
  for (let before = after; ;) {
    const { ids, hasMore } = await listNewestFirst(store, { prefix, idPrefix, before, limit: limit + 1 });
    yield ids;
    if (!hasMore) return;
    before = ids.at(-1);
  }
}

/** In pieces of a page's size, each with what is there: no more is read than a page needs. */
async function* slicesOf(source: AsyncIterable<string[]>, size: number): AsyncGenerator<string[]> {
  for await (const ids of source)
    for (let start = 0; start < ids.length; start += size) yield ids.slice(start, start + size);
}
