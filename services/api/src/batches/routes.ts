import type { ChangeSubscriber } from '@cytoqueue/queue';
import type { TaskProtection } from '@cytoqueue/runtime';
import { type BatchDocument, ObjectKeys, type RunFileName, readDocumentBytes } from '@cytoqueue/records';
import type { z } from 'zod';
import { acceptUpload } from './accept-upload';
import type { Upload } from './batch-deps';
import { preflightBatch } from './preflight';
import { cancelBatch, retryBatch } from './batch-commands';
import { deleteBatch } from './delete';
import { rescoreBatch } from './rescore';
import { type ResultFileDeps, sendResultFile } from './send-result-file';
import {
  type BatchResponse,
  toAcceptedResponse,
  batchLink,
  isBatchFinished,
  readBatchResponse,
  readListedBatch,
  readLatestRunResponse,
} from './batch-response';
import { idempotencyKeyOf } from '../tenants/idempotency';
import { applySettings } from '../settings/settings-reader';
import { sendPage } from '../http/pagination';
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

export type BatchRouteDeps = ResultFileDeps &
  EventStreamDeps & {
    notifications: ChangeSubscriber;
    protection: Pick<TaskProtection, 'run'>;
  };

export function batchRoutes(deps: BatchRouteDeps): Route[] {
  const assertExists = (tenant: string, id: string) =>
    readDocumentBytes(deps.store, ObjectKeys.batchDocument(tenant, id));
  const route = createRouteFactory(deps, 'patient-data');
  const itemChecks = { assertExists };
  return [
    route('post', collectionPath, createOperation, protectTask(createBatch), { acceptsIdempotencyKey: true }),
    route('post', `${collectionPath}/preflight`, preflightOperation, protectTask(preflight)),
    route('get', collectionPath, listOperation, listBatches),
    route('get', itemPath, getOperation, getBatch, itemChecks),
    route('get', `${itemPath}/events`, streamOperation, streamBatch, itemChecks),
    route('get', `${itemPath}/results`, resultsOperation, download('results'), itemChecks),
    route('get', `${itemPath}/errors`, errorsOperation, download('errors'), itemChecks),
    route('get', `${itemPath}/changes`, changesOperation, download('changes'), itemChecks),
    route('delete', itemPath, deleteOperation, remove, itemChecks),
    route('post', `${itemPath}/cancel`, cancelOperation, cancel, itemChecks),
    route('post', `${itemPath}/retry`, retryOperation, retry, itemChecks),
    route('post', `${itemPath}/rescore`, rescoreOperation, rescore, { assertExists, acceptsIdempotencyKey: true }),
  ];
}

type Handle = (deps: BatchRouteDeps, context: HandlerContext) => Promise<void>;

/** Keeps Amazon ECS from stopping this container while an upload is read. */
function protectTask(handle: Handle): Handle {
  return (deps, context) => deps.protection.run(() => handle(deps, context));
}

function download(resultFile: RunFileName): Handle {
  return (deps, context) => sendResultFile(deps, context, resultFile);
}

async function createBatch(
  deps: BatchRouteDeps,
  { request, response, query, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { dry_run, ...parameters } = query as z.output<typeof uploadQuery>;
  if (dry_run) return preflight(deps, { request, response, query: parameters, principal, auditEntry });
  const upload = await readUploadParameters(deps, principal.tenant, parameters);
  const batch = await acceptUpload(deps, request, response, { ...upload, idempotencyKey: idempotencyKeyOf(request) });
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
  auditEntry.action = 'batch.preflight';
  const upload = await readUploadParameters(deps, principal.tenant, query as z.output<typeof preflightQuery>);
  response.json(await preflightBatch(deps, request, response, upload));
}

/**
 * Reads the parameters of an upload. The tenant's settings supply the model and the operating point if they are not
 * given.
 */
async function readUploadParameters(
  { tenantSettings }: BatchRouteDeps,
  tenant: string,
  { model, operating_point, profile, sheet, charset, on_warning, ...scoringOptions }: z.output<typeof preflightQuery>,
): Promise<Omit<Upload, 'idempotencyKey'>> {
  const requestedModel = { model, operating_point };
  const chosen = await applySettings(tenantSettings, tenant, requestedModel);
  return {
    tenant,
    model: chosen.model,
    options: { ...scoringOptions, operating_point: chosen.operating_point },
    requestedModel,
    importParameters: { profile, sheet, charset, on_warning },
  };
}

/**
 * The batch is accepted, so nothing may fail from here on. `recordDurably` does not reject when the store is
 * unavailable.
 */
async function sendAccepted(
  deps: BatchRouteDeps,
  { response, principal, auditEntry }: Pick<HandlerContext, 'response' | 'principal' | 'auditEntry'>,
  batch: BatchDocument,
): Promise<void> {
  const { id } = batch;
  auditEntry.resource = `batches/${id}`;
  await auditEntry.recordDurably();
  const accepted = await readBatchResponse(deps, principal.tenant, id).catch(() => toAcceptedResponse(batch));
  response
    .status(202)
    .set({ Location: batchLink(id), 'Retry-After': '1' })
    .json(accepted);
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
  response.json(await readBatchResponse(deps, principal.tenant, params.id));
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
    const { run, response } = await readLatestRunResponse(deps, principal.tenant, params.id);
    return {
      eventId: `${run}-${response.status}-${response.progress}`,
      data: response,
      final: isBatchFinished(response.status),
    };
  });
}
