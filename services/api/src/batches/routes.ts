import type { ChangeSubscriber } from '@cytoqueue/queue';
import type { TaskProtection } from '@cytoqueue/runtime';
import { type BatchDocument, type ManifestDocument, ObjectKeys, readDocumentBytes } from '@cytoqueue/records';
import { RESULT_FORMATS, type ResultFormat } from '@cytoqueue/tabular';
import type { z } from 'zod';
import { acceptUpload } from './accept-upload';
import type { BatchDeps } from './batch-deps';
import { preflightBatch } from './preflight';
import { cancelBatch, retryBatch } from './batch-commands';
import { deleteBatch } from './delete';
import { type RunFile, requireFinishedFile, runFileKeys, sendFile } from './download';
import { columnTypes, sendExport } from './export';
import { rescoreBatch } from './rescore';
import { sendPartialFile } from './partial-download';
import { readBatch } from './read-batch';
import {
  type BatchResponse,
  toAcceptedResponse,
  batchLink,
  isBatchFinished,
  readBatchResponse,
  readListedBatch,
  readLatestRunResponse,
} from './batch-response';
import type { ConcurrencyLimiter } from '../http/concurrency-limiter';
import { idempotencyKeyOf } from '../tenants/idempotency';
import { applySettings } from '../settings/settings-reader';
import { sendPage } from '../http/pagination';
import type { RetentionPolicy } from '../tenants/retention-policy';
import { Problem } from '../http/problem';
import { createRouteFactory, type HandlerContext, type Route } from '../http/router';
import { type EventStreamDeps, streamEvents } from '../http/server-sent-events';
import {
  cancelOperation,
  changesOperation,
  createOperation,
  deleteOperation,
  errorsOperation,
  getOperation,
  listOperation,
  preflightOperation,
  rescoreOperation,
  resultsOperation,
  retryOperation,
  streamOperation,
  type preflightQuery,
  type rescoreQuery,
  type uploadQuery,
} from './openapi';

const collectionPath = '/v1/batches';
const itemPath = `${collectionPath}/{id}`;

export type BatchRouteDeps = BatchDeps &
  EventStreamDeps & {
    /** Limits concurrent conversions of results. */
    exportLimiter: ConcurrencyLimiter;
    notifications: ChangeSubscriber;
    retention: RetentionPolicy;
    protection: Pick<TaskProtection, 'run'>;
  };

export function batchRoutes(deps: BatchRouteDeps): Route[] {
  const assertExists = (tenant: string, id: string) =>
    readDocumentBytes(deps.store, ObjectKeys.batchDocument(tenant, id));
  const isRepeat = deps.idempotency.isRepeat.bind(deps.idempotency);
  const route = createRouteFactory(deps, 'patient-data');
  const ofBatch = { assertExists };
  return [
    route('post', collectionPath, createOperation, protectTask(createBatch), { isRepeat }),
    route('post', `${collectionPath}/preflight`, preflightOperation, protectTask(preflight)),
    route('get', collectionPath, listOperation, listBatches),
    route('get', itemPath, getOperation, getBatch, ofBatch),
    route('get', `${itemPath}/events`, streamOperation, streamBatch, ofBatch),
    route('get', `${itemPath}/results`, resultsOperation, download('results'), ofBatch),
    route('get', `${itemPath}/errors`, errorsOperation, download('errors'), ofBatch),
    route('get', `${itemPath}/changes`, changesOperation, download('changes'), ofBatch),
    route('delete', itemPath, deleteOperation, remove, ofBatch),
    route('post', `${itemPath}/cancel`, cancelOperation, cancel, ofBatch),
    route('post', `${itemPath}/retry`, retryOperation, retry, ofBatch),
    route('post', `${itemPath}/rescore`, rescoreOperation, rescore, { assertExists, isRepeat }),
  ];
}

type Handle = (deps: BatchRouteDeps, context: HandlerContext) => Promise<void>;

/** Keeps Amazon ECS from stopping this task while an upload is read. */
function protectTask(handle: Handle): Handle {
  return (deps, context) => deps.protection.run(() => handle(deps, context));
}

function download(resultFile: RunFile): Handle {
  return (deps, context) => sendResultFile(deps, context, resultFile);
}

const PRESIGNED_SECONDS = 300;

async function sendResultFile(
  deps: BatchRouteDeps,
  { request, response, params, query, principal, auditEntry }: HandlerContext,
  resultFile: RunFile,
): Promise<void> {
  const stored = await readBatch(deps.store, principal.tenant, params.id);
  const format = requestedFormat(request, query['format'] as ResultFormat | 'csv' | undefined);
  if (query['format'] === undefined) response.vary('Accept');
  if (query['partial'] === true && stored.completion?.manifest[resultFile] === undefined && resultFile !== 'changes') {
    if (format !== 'csv') throw new Problem('invalid-request', 'Partial files are CSV only.');
    deps.retention.assertInputNotExpired(params.id);
    await auditEntry.recordDurably();
    return sendPartialFile(request, response, deps, principal.tenant, stored, resultFile);
  }
  const file = requireFinishedFile(principal.tenant, stored, resultFile);
  const name = downloadName(stored.batch.filename ?? params.id, resultFile);
  const key = runFileKeys[resultFile](principal.tenant, params.id, stored.run);
  await auditEntry.recordDurably();
  if (format !== 'csv') {
    const { batch, completion } = stored;
    const rows = rowsOf(resultFile, completion?.manifest);
    const { model } = await deps.registry.loadPinned(batch.model);
    const exported = {
      store: deps.store,
      key,
      file,
      rows,
      format,
      batch,
      types: columnTypes(resultFile, batch, model.schema),
    };
    return deps.exportLimiter.run(principal.tenant, async () => {
      deps.quotas.rateLimit.addRows(principal.tenant, rows);
      await sendExport(request, response, { ...exported, name: name.replace(/\.csv$/, '') });
    });
  }
  if (query['redirect'] === true) {
    const url = await deps.store.presignGet(key, { expiresSeconds: PRESIGNED_SECONDS, downloadName: name });
    if (url !== undefined) return response.redirect(303, url);
  }
  await sendFile(request, response, { store: deps.store, key, file, name });
}

/** The query's format, else the one that Accept prefers. */
function requestedFormat(
  request: HandlerContext['request'],
  format: ResultFormat | 'csv' | undefined,
): ResultFormat | 'csv' {
  if (format !== undefined) return format;
  const formats = Object.entries(RESULT_FORMATS).map(
    ([name, { mediaType }]) => [mediaType, name as ResultFormat] as const,
  );
  const accepted = request.accepts(['text/csv', ...formats.map(([mediaType]) => mediaType)]);
  return formats.find(([mediaType]) => mediaType === accepted)?.[1] ?? 'csv';
}

function rowsOf(file: RunFile, manifest: ManifestDocument | undefined): number {
  if (manifest === undefined) return 0;
  const { total, rejected, failed } = manifest.counts;
  return { results: total, errors: rejected + failed, changes: manifest.changed_rows ?? 0 }[file];
}

/** Removes quotes and backslashes, which careless header parsers take for the end of the name. */
function downloadName(filename: string, resultFile: RunFile): string {
  return `${filename.replace(/(?<=.)\.[^.]*$/, '').replaceAll(/["\\]/g, '_')}-${resultFile}.csv`;
}

async function createBatch(
  deps: BatchRouteDeps,
  { request, response, query, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { dry_run, ...parameters } = query as z.output<typeof uploadQuery>;
  if (dry_run) return preflight(deps, { request, response, query: parameters, principal, auditEntry });
  const { model, operating_point, profile, sheet, charset, on_warning, ...others } = parameters;
  const sent = { model, operating_point };
  const chosen = await applySettings(deps.settings, principal.tenant, sent);
  const idempotencyKey = idempotencyKeyOf(request);
  const batch = await acceptUpload(deps, request, response, {
    tenant: principal.tenant,
    model: chosen.model,
    options: { ...others, operating_point: chosen.operating_point },
    sent,
    importing: { profile, sheet, charset, on_warning },
    idempotencyKey,
  });
  await sendAccepted(deps, { response, principal, auditEntry }, batch);
}

async function preflight(
  deps: BatchRouteDeps,
  {
    request,
    response,
    query,
    principal,
    auditEntry,
  }: Pick<HandlerContext, 'request' | 'response' | 'query' | 'principal' | 'auditEntry'>,
): Promise<void> {
  const { model: sentModel, operating_point: sentPoint, ...parameters } = query as z.output<typeof preflightQuery>;
  const { profile, sheet, charset, on_warning, ...others } = parameters;
  auditEntry.action = 'batch.preflight';
  const sent = { model: sentModel, operating_point: sentPoint };
  const { model, operating_point } = await applySettings(deps.settings, principal.tenant, sent);
  const options = { ...others, operating_point };
  const importing = { profile, sheet, charset, on_warning };
  const upload = { tenant: principal.tenant, model, options, importing };
  response.json(await preflightBatch(deps, request, response, upload));
}

/** The batch is accepted, so nothing may fail from here on. */
async function sendAccepted(
  deps: BatchRouteDeps,
  { response, principal, auditEntry }: Pick<HandlerContext, 'response' | 'principal' | 'auditEntry'>,
  batch: BatchDocument,
): Promise<void> {
  const { id } = batch;
  auditEntry.resource = `batches/${id}`;
  await auditEntry.recordDurably();
  const view = await readBatchResponse(deps, principal.tenant, id).catch(() => toAcceptedResponse(batch));
  response
    .status(202)
    .set({ Location: batchLink(id), 'Retry-After': '1' })
    .json(view);
}

async function rescore(
  deps: BatchRouteDeps,
  { request, response, params, query, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const options = { ...(query as z.output<typeof rescoreQuery>), idempotencyKey: idempotencyKeyOf(request) };
  await sendAccepted(
    deps,
    { response, principal, auditEntry },
    await rescoreBatch(deps, principal.tenant, params.id, options),
  );
}

async function cancel(
  deps: BatchRouteDeps,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const before = await readBatchResponse(deps, principal.tenant, params.id);
  await cancelBatch(deps.store, principal.tenant, params.id);
  await auditEntry.recordDurably();
  deps.notifications.notify(params.id);
  response.status(202).json(await responseAfter(deps, principal.tenant, { ...before, status: 'canceling' }));
}

async function retry(deps: BatchRouteDeps, { response, params, principal, auditEntry }: HandlerContext): Promise<void> {
  deps.retention.assertInputNotExpired(params.id);
  const before = await readBatchResponse(deps, principal.tenant, params.id);
  await retryBatch(deps, principal.tenant, params.id);
  await auditEntry.recordDurably();
  deps.notifications.notify(params.id);
  response
    .status(202)
    .set('Location', batchLink(params.id))
    .json(await responseAfter(deps, principal.tenant, { ...before, status: 'queued', progress: 0 }));
}

/** The change is durable: if the new state cannot be read now, responds with the expected one. */
async function responseAfter(deps: BatchRouteDeps, tenant: string, expected: BatchResponse): Promise<BatchResponse> {
  return readBatchResponse(deps, tenant, String(expected.id)).catch(() => expected);
}

async function remove(
  deps: BatchRouteDeps,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  await deleteBatch(deps, principal.tenant, params.id);
  await auditEntry.recordDurably();
  response.status(204).end();
}

async function getBatch(deps: BatchRouteDeps, { response, params, principal }: HandlerContext): Promise<void> {
  response.set('Cache-Control', 'no-store').json(await readBatchResponse(deps, principal.tenant, params.id));
}

async function listBatches(deps: BatchRouteDeps, context: HandlerContext): Promise<void> {
  const { tenant } = context.principal;
  await sendPage(context, {
    store: deps.store,
    tenant,
    kind: 'batches',
    charge: (cost) => deps.quotas.rateLimit.addCost(tenant, cost),
    read: async (id) => (deps.retention.isExpired(id) ? undefined : readListedBatch(deps, tenant, id)),
  });
}

async function streamBatch(deps: BatchRouteDeps, context: HandlerContext): Promise<void> {
  const { params, principal } = context;
  await streamEvents(deps, context, async () => {
    const { run, view } = await readLatestRunResponse(deps, principal.tenant, params.id);
    return { eventId: `${run}-${view.status}-${view.progress}`, data: view, final: isBatchFinished(view.status) };
  });
}
