import {
  type ConfirmationDocument,
  ConfirmationKeys,
  type DamageReport,
  confirmationShape,
  idTimeMs,
  listNewestFirst,
  pickProbability,
  readDocument,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectNotFoundError, ObjectUnreadableError } from '@cytoqueue/storage';
import type { z } from 'zod';
import { readJson } from '../http/json-body';
import { setNextLink } from '../http/pagination';
import { Problem } from '../http/problem';
import { createRouteFactory, type HandlerContext, type Route, validateInput } from '../http/router';
import type { ApiMetrics } from '../operations/api-metrics';
import { toPeriod } from '../scored-days/period';
import { chargeDocuments } from '../scored-days/routes';
import { idempotencyKeyOf } from '../tenants/idempotency';
import { type AcceptDeps, acceptConfirmations } from './accept';
import {
  type confirmation,
  confirmationBody,
  createOperation,
  deleteOperation,
  getOperation,
  listOperation,
  performanceOperation,
  type listQuery,
} from './openapi';
import { readPerformance } from './performance';
import { parseRows, readCsvBody } from './read-csv';
import { deleteEntry } from './remove-entry';

const collectionPath = '/v1/confirmations';
const itemPath = `${collectionPath}/{id}`;
const MAX_LISTED_ERRORS = 100;

export type ConfirmationRouteDeps = AcceptDeps & {
  damage: DamageReport;
  metrics: Pick<ApiMetrics, 'confirmed'>;
};

export function confirmationRoutes(deps: ConfirmationRouteDeps): Route[] {
  const route = createRouteFactory(deps, 'patient-data');
  const adminRoute = createRouteFactory(deps, 'admin');
  const assertExists = (tenant: string, id: string) => readEntry(deps, tenant, id);
  return [
    route('post', collectionPath, createOperation, create, { acceptsIdempotencyKey: true }),
    route('get', collectionPath, listOperation, list),
    route('get', itemPath, getOperation, show, { assertExists }),
    adminRoute('delete', itemPath, deleteOperation, remove, { assertExists }),
    route('get', '/v1/performance', performanceOperation, sendPerformance),
  ];
}

async function show(deps: ConfirmationRouteDeps, { response, principal, params }: HandlerContext): Promise<void> {
  response.json(toResponse(await readEntry(deps, principal.tenant, params.id)));
}

async function create(deps: ConfirmationRouteDeps, context: HandlerContext): Promise<void> {
  const { request, response, principal, auditEntry } = context;
  const key = idempotencyKeyOf(request);
  // Null without a body.
  if (typeof request.is(['text/csv', 'application/csv']) === 'string')
    return deps.quotas.uploadLimiter.run(principal.tenant, () => createFromCsv(deps, context, key));
  const body = validateInput(confirmationBody, await readJson(request, response), 'field');
  const [stored] = await acceptConfirmations(deps, principal.tenant, [body], key);
  if (stored === undefined || stored instanceof Problem) throw stored;
  deps.metrics.confirmed(1);
  auditEntry.resource = `confirmations/${stored.id}`;
  await auditEntry.recordDurably();
  response.status(201).set('Location', linkOf(stored.id)).json(toResponse(stored));
}

async function createFromCsv(
  deps: ConfirmationRouteDeps,
  { request, response, principal, auditEntry }: HandlerContext,
  key: string | undefined,
): Promise<void> {
  const rows = parseRows(await readCsvBody(request, response));
  deps.quotas.rateLimit.addRows(principal.tenant, rows.length);
  const outcomes = await acceptConfirmations(deps, principal.tenant, rows, key);
  const errors = outcomes.flatMap((outcome, index) =>
    outcome instanceof Problem ? [{ row: index + 1, code: outcome.type, detail: outcome.detail }] : [],
  );
  const accepted = outcomes.length - errors.length;
  deps.metrics.confirmed(accepted);
  await auditEntry.recordDurably();
  response.json({ accepted, rejected: errors.length, errors: errors.slice(0, MAX_LISTED_ERRORS) });
}

/** @throws ObjectNotFoundError */
function assertIsId(id: string): void {
  if (idTimeMs('conf_', id) === undefined) throw new ObjectNotFoundError('confirmation');
}

/** @throws ObjectNotFoundError, ObjectCorruptError */
async function readEntry({ store }: ConfirmationRouteDeps, tenant: string, id: string): Promise<ConfirmationDocument> {
  assertIsId(id);
  return readDocument(store, ConfirmationKeys.entry(tenant, id), confirmationShape);
}

async function list(deps: ConfirmationRouteDeps, context: HandlerContext): Promise<void> {
  const { request, response, principal, query } = context;
  const { limit, after } = query as z.output<typeof listQuery>;
  const { ids, hasMore } = await listNewestFirst(deps.store, {
    prefix: ConfirmationKeys.entriesFolder(principal.tenant),
    idPrefix: 'conf_',
    before: after,
    limit,
  });
  const entries = await Promise.all(ids.map((id) => readListed(deps, principal.tenant, id)));
  const lastId = ids.at(-1) ?? null;
  if (hasMore && lastId !== null) setNextLink(request, response, { limit: String(limit), after: lastId });
  response.json({
    data: entries.flatMap((entry) => (entry === undefined ? [] : [toResponse(entry)])),
    has_more: hasMore,
    last_id: lastId,
  });
}

/** Undefined for an entry that is gone or expired, and for a damaged one, which is reported. */
async function readListed(
  deps: ConfirmationRouteDeps,
  tenant: string,
  id: string,
): Promise<ConfirmationDocument | undefined> {
  if (deps.retention.isExpired(id)) return undefined;
  try {
    return await readEntry(deps, tenant, id);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectCorruptError) && !(error instanceof ObjectUnreadableError)) throw error;
    deps.damage.report(ConfirmationKeys.entry(tenant, id), error);
    return undefined;
  }
}

async function remove(
  deps: ConfirmationRouteDeps,
  { response, principal, params, auditEntry }: HandlerContext,
): Promise<void> {
  const { tenant } = principal;
  assertIsId(params.id);
  await deleteEntry(deps.store, tenant, params.id);
  await deps.quotas.storage.invalidate(tenant);
  await auditEntry.recordDurably();
  response.status(204).end();
}

async function sendPerformance(
  deps: ConfirmationRouteDeps,
  { response, principal: { tenant }, query }: HandlerContext,
): Promise<void> {
  response.json(await readPerformance(deps.store, tenant, toPeriod(query), chargeDocuments(deps, tenant)));
}

function linkOf(id: string): string {
  return `${collectionPath}/${id}`;
}

function toResponse({ target, ...entry }: ConfirmationDocument): z.output<typeof confirmation> {
  const [id = '', row] = target.split('.');
  return {
    id: entry.id,
    created_at: new Date(idTimeMs('conf_', entry.id) ?? 0).toISOString(),
    ...(row === undefined ? { prediction_id: id } : { batch_id: id, row: Number(row) }),
    predicted_at: entry.predicted_at,
    model: entry.model,
    operating_point: entry.operating_point,
    predicted_class: entry.predicted_class,
    ...pickProbability(entry),
    outcome: entry.outcome,
    confirmed_class: entry.confirmed_class,
    confirmed_at: entry.confirmed_at,
    links: { self: linkOf(entry.id) },
  };
}
