import {
  type AuditEvent,
  type DamageReport,
  ObjectKeys,
  auditEventShape,
  idTimeMs,
  listNewestFirst,
  parseDocument,
  readDocumentBytes,
} from '@cytoqueue/records';
import { ObjectNotFoundError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';
import { z } from 'zod';
import { page, timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { setNextLink } from '../http/pagination';
import type { HandlerContext, Operation, Route } from '../http/router';

/** The id of an audit object and the number of its events, newest first, that earlier pages have shown. */
const CURSOR = /^(audit_[0-7][0-9a-hjkmnp-tv-z]{25})\.(\d{1,6})$/;

const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Maximum number of items per page' }),
  after: z.string().regex(CURSOR, 'is not an id of this list').optional(),
});

export const auditEvent = z
  .strictObject({
    at: timestamp,
    actor: z.strictObject({ tenant: z.string(), key_id: z.string() }),
    action: z.string().meta({ example: 'batch.get-results' }),
    resource: z.string(),
    outcome: z.enum(['done', 'denied', 'failed']),
  })
  .meta({ id: 'AuditEvent', description: 'An operation on a resource, with its actor and outcome' });

const operation: Operation = {
  operationId: 'listAudit',
  summary: "The audit log of the tenant's resources, newest first",
  tags: ['audit'],
  requestParams: { query: auditQuery },
  responses: { 200: jsonResponse('One page', page(auditEvent)), ...problemResponses(401, 403, 422, 503) },
};

interface AuditRouteDeps {
  store: ObjectStore;
  damage: DamageReport;
}

export function auditRoutes(deps: AuditRouteDeps): Route[] {
  return [
    { method: 'get', path: '/v1/audit', access: 'admin', operation, handle: (context) => listAudit(deps, context) },
  ];
}

interface AuditItem {
  cursor: string;
  event: AuditEvent;
}

async function listAudit(deps: AuditRouteDeps, { request, response, query, principal }: HandlerContext): Promise<void> {
  const { limit, after } = query as z.output<typeof auditQuery>;
  const items: AuditItem[] = [];
  for await (const item of latestEvents(deps, principal.tenant, limit, after)) {
    items.push(item);
    if (items.length > limit) break;
  }
  const shown = items.slice(0, limit);
  const lastId = shown.at(-1)?.cursor ?? null;
  const hasMore = items.length > limit;
  if (hasMore && lastId !== null) setNextLink(request, response, { limit: String(limit), after: lastId });
  response.json({ data: shown.map(({ event }) => toAuditResponse(event)), has_more: hasMore, last_id: lastId });
}

async function* latestEvents(
  deps: AuditRouteDeps,
  tenant: string,
  limit: number,
  after: string | undefined,
): AsyncGenerator<AuditItem> {
  const [, startId, seen] = CURSOR.exec(after ?? '') ?? [];
  if (startId !== undefined) yield* readEvents(deps, tenant, startId, Number(seen));
  let before: string | undefined = startId;
  for (;;) {
    const { ids, hasMore } = await listNewestFirst(deps.store, {
      prefix: ObjectKeys.auditFolder(tenant),
      idPrefix: 'audit_',
      before,
      limit,
    });
    for (const id of ids) yield* readEvents(deps, tenant, id, 0);
    if (!hasMore) return;
    before = ids.at(-1);
  }
}

async function* readEvents(deps: AuditRouteDeps, tenant: string, id: string, seen: number): AsyncGenerator<AuditItem> {
  const lines = (await readText(deps, tenant, id)).trimEnd().split('\n').reverse();
  for (const [index, line] of lines.entries()) {
    if (index >= seen && line !== '') yield { cursor: `${id}.${index + 1}`, event: parseEvent(deps, tenant, id, line) };
  }
}

/** Shows a damaged line as an `audit.damaged` event, so that the others remain readable. */
function parseEvent({ damage }: AuditRouteDeps, tenant: string, id: string, line: string): AuditEvent {
  const key = ObjectKeys.audit(tenant, id);
  try {
    return parseDocument(Buffer.from(line), key, auditEventShape);
  } catch (error) {
    damage.report(key, error);
    const at = new Date(idTimeMs('audit_', id) ?? 0).toISOString();
    return { at, actor: { command: 'unknown' }, action: 'audit.damaged', resource: `audit/${id}`, outcome: 'failed' };
  }
}

/** Empty for a missing object, because a cursor may name any id. An unreadable object becomes one damaged line. */
async function readText({ store, damage }: AuditRouteDeps, tenant: string, id: string): Promise<string> {
  const key = ObjectKeys.audit(tenant, id);
  try {
    return (await readDocumentBytes(store, key)).toString();
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return '';
    if (error instanceof ObjectUnreadableError) {
      damage.report(key, error);
      return 'unreadable';
    }
    throw error;
  }
}

/** Commands have no tenant. */
function toAuditResponse({ actor, ...event }: AuditEvent) {
  return { ...event, actor: 'command' in actor ? { tenant: '', key_id: actor.command } : actor };
}
