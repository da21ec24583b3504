import {
  type AuditEvent, type DamageReport, ObjectKeys, ObjectNotFoundError, type ObjectStore, ObjectUnreadableError, auditEventShape, idTimeMs, listNewestFirst, parseDocument,
} from '@cytoqueue/storage';
import { z } from 'zod';
import { answer, auditEvent, page, refusals } from '../http/documents';
import { linkNext } from '../http/paging';
import type { Call, Operation, Route } from '../http/route';

/** An object of the log, and how many of its events, newest first, were shown already. */
const CURSOR = /^(audit_[0-7][0-9a-hjkmnp-tv-z]{25})\.(\d{1,6})$/;

const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Most items in one page' }),
  after: z.string().regex(CURSOR, 'is not an id of this list').optional(),
});

const operation: Operation = {
  operationId: 'listAudit',
  summary: "Who did what to the tenant's resources, newest first",
  tags: ['audit'],
  requestParams: { query: auditQuery },
  responses: { 200: answer('One page', page(auditEvent)), ...refusals(401, 403, 422, 503) },
};

interface AuditServices {
  store: ObjectStore;
  damage: DamageReport;
}

export function auditRoutes(services: AuditServices): Route[] {
  return [{ method: 'get', path: '/v1/audit', access: 'admin', operation, handle: (call) => listAudit(services, call) }];
}

interface Found {
  cursor: string;
  event: AuditEvent;
}

async function listAudit(services: AuditServices, { request, response, query, principal }: Call): Promise<void> {
  const { limit, after } = query as z.output<typeof auditQuery>;
  const found: Found[] = [];
  for await (const item of newestEvents(services, principal.tenant, limit, after)) {
    found.push(item);
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  const lastId = shown.at(-1)?.cursor ?? null;
  const hasMore = found.length > limit;
  if (hasMore && lastId !== null) linkNext(request, response, { limit: String(limit), after: lastId });
  response.json({ data: shown.map(({ event }) => describe(event)), has_more: hasMore, last_id: lastId });
}

async function* newestEvents(services: AuditServices, tenant: string, limit: number, after: string | undefined): AsyncGenerator<Found> {
  const [, begun, seen] = CURSOR.exec(after ?? '') ?? [];
  if (begun !== undefined) yield* eventsOf(services, tenant, begun, Number(seen));
  let before: string | undefined = begun;
  for (;;) {
    const { ids, hasMore } = await listNewestFirst(services.store, { prefix: ObjectKeys.auditPrefix(tenant), idPrefix: 'audit_', before, limit });
    for (const id of ids) yield* eventsOf(services, tenant, id, 0);
    if (!hasMore) return;
    before = ids.at(-1);
  }
}

async function* eventsOf(services: AuditServices, tenant: string, id: string, seen: number): AsyncGenerator<Found> {
  const lines = (await readText(services, tenant, id)).trimEnd().split('\n').reverse();
  for (const [index, line] of lines.entries()) {
    if (index >= seen && line !== '') yield { cursor: `${id}.${index + 1}`, event: parseEvent(services, tenant, id, line) };
  }
}

/** A damaged line stands in the list as what it is; the others are shown. */
function parseEvent({ damage }: AuditServices, tenant: string, id: string, line: string): AuditEvent {
  const key = ObjectKeys.audit(tenant, id);
  try {
    return parseDocument(Buffer.from(line), key, auditEventShape);
  } catch (error) {
    damage.report(key, error);
    const at = new Date(idTimeMs('audit_', id) ?? 0).toISOString();
    return { at, actor: { command: 'unknown' }, action: 'audit.damaged', resource: `audit/${id}`, outcome: 'failed' };
  }
}

/** Empty for what is not there: anything that looks like an id may be asked for. What cannot be read is one damaged line. */
async function readText({ store, damage }: AuditServices, tenant: string, id: string): Promise<string> {
  const key = ObjectKeys.audit(tenant, id);
  try {
    return (await store.get(key)).toString();
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return '';
    if (error instanceof ObjectUnreadableError) {
      damage.report(key, error);
      return 'unreadable';
    }
    throw error;
  }
}

/** Commands act for nobody's tenant. */
function describe({ actor, ...event }: AuditEvent) {
  return { ...event, actor: 'command' in actor ? { tenant: '', key_id: actor.command } : actor };
}
