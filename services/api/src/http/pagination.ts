import { type IndexedKind, ObjectKeys, TrainingKeys, idsByStatus, listNewestFirst } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { HandlerContext } from './router';

export function pageQuery(statuses: readonly string[], idPrefix: string) {
  return z.strictObject({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(20)
      .meta({ description: 'Maximum number of items per page' }),
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
  /** Trainings have no status index: their list has no parameter `status`. */
  kind: IndexedKind | 'trainings';
  /** @returns undefined when the resource was deleted after it was listed */
  read: (id: string) => Promise<(T & { id: string; status: string }) | undefined>;
  /** Charges the rate-limit units of resources that were read but do not have the requested status. */
  charge?: (units: number) => void;
}

/** Sends one page of a list, newest first, with a link to the next page. */
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

/** Resources read per unit: the size of a default page. */
const READS_PER_UNIT = 20;
/** Resources that one request may read, so that a rare status does not read a tenant's whole history. */
const MAX_SCANNED = 500;

interface CollectedPage<T> {
  data: T[];
  /** The next page starts after this id: the last item shown, or the last one scanned. */
  lastId: string | null;
  hasMore: boolean;
}

/**
 * Reads until `limit` items with the requested status are found, plus one to know whether more follow. After
 * MAX_SCANNED resources it returns a short or even empty page with `hasMore`.
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
    if (found.length > limit) {
      const data = found.slice(0, limit);
      return { data, lastId: data.at(-1)?.id ?? null, hasMore: true };
    }
    scanned += ids.length;
    source.charge?.(Math.ceil(ids.length / READS_PER_UNIT));
    if (scanned >= MAX_SCANNED) return { data: found, lastId: ids.at(-1) ?? null, hasMore: true };
  }
  return { data: found, lastId: found.at(-1)?.id ?? null, hasMore: false };
}

/** Lists ids newest first: all, or those that may have the requested status. */
async function* listIds<T>(
  { store, tenant, kind }: PageSource<T>,
  { limit, after, status }: PageQuery,
): AsyncGenerator<string[]> {
  if (status !== undefined && kind !== 'trainings') return yield* idsByStatus(store, { tenant, kind }, status, after);
  const { prefix, idPrefix } = {
    predictions: { prefix: ObjectKeys.predictionsFolder(tenant), idPrefix: 'pred_' as const },
    batches: { prefix: ObjectKeys.batchesFolder(tenant), idPrefix: 'batch_' as const },
    trainings: { prefix: TrainingKeys.tenantFolder(tenant), idPrefix: 'training_' as const },
  }[kind];
  for (let before = after; ;) {
    const { ids, hasMore } = await listNewestFirst(store, { prefix, idPrefix, before, limit: limit + 1 });
    yield ids;
    if (!hasMore) return;
    before = ids.at(-1);
  }
}

/** Splits the listed ids into slices of at most `size`, so that no more resources are read than a page needs. */
async function* slicesOf(source: AsyncIterable<string[]>, size: number): AsyncGenerator<string[]> {
  for await (const ids of source)
    for (let start = 0; start < ids.length; start += size) yield ids.slice(start, start + size);
}
