import type { ChangeListener } from '@cytoqueue/queue';
import type { TaskProtection } from '@cytoqueue/runtime';
import { type BatchRecord, type FileDigest, ObjectKeys } from '@cytoqueue/storage';
import type { z } from 'zod';
import { type BatchServices, acceptBatch, preflightBatch } from '../batches/accept';
import { cancelBatch, retryBatch } from '../batches/control';
import { deleteBatch } from '../batches/delete';
import { type RunFile, filesDamaged, runFileKeys, sendFile } from '../batches/download';
import { rescoreBatch } from '../batches/rescore';
import { sendPartial } from '../batches/partial';
import { type StoredBatch, readBatch } from '../batches/runs';
import { type BatchView, acceptedView, batchLink, isBatchFinished, viewBatch, viewListedBatch, viewNewestRun } from '../batches/view';
import { idempotencyKeyOf } from '../http/idempotency';
import { sendPage } from '../http/paging';
import type { Retention } from '../http/retention';
import { Problem } from '../http/problem';
import type { Call, Route } from '../http/route';
import { type StreamServices, streamEvents } from '../http/sse';
import {
  cancelOperation, changesOperation, createOperation, deleteOperation, errorsOperation, getOperation, listOperation, rescoreOperation,
  resultsOperation, retryOperation, streamOperation,
  type rescoreQuery, type uploadQuery,
} from './batch-operations';

const collection = '/v1/batches';
const one = `${collection}/{id}`;

export type BatchRouteServices = BatchServices & StreamServices & { changes: ChangeListener; retention: Retention; protection: Pick<TaskProtection, 'run'> };

export function batchRoutes(services: BatchRouteServices): Route[] {
  const access = 'records';
  const find = (tenant: string, id: string) => services.store.get(ObjectKeys.batchRecord(tenant, id));
  const isRepetition = services.idempotency.isRepetition.bind(services.idempotency);
  return [
    { method: 'post', path: collection, access, isRepetition, operation: createOperation, handle: (call) => services.protection.run(() => createBatch(services, call)) },
    { method: 'get', path: collection, access, operation: listOperation, handle: (call) => listBatches(services, call) },
    { method: 'get', path: one, access, find, operation: getOperation, handle: (call) => getBatch(services, call) },
    { method: 'get', path: `${one}/events`, access, find, operation: streamOperation, handle: (call) => streamBatch(services, call) },
    { method: 'get', path: `${one}/results`, access, find, operation: resultsOperation, handle: (call) => download(services, call, 'results') },
    { method: 'get', path: `${one}/errors`, access, find, operation: errorsOperation, handle: (call) => download(services, call, 'errors') },
    { method: 'get', path: `${one}/changes`, access, find, operation: changesOperation, handle: (call) => download(services, call, 'changes') },
    { method: 'delete', path: one, access, find, operation: deleteOperation, handle: (call) => remove(services, call) },
    { method: 'post', path: `${one}/cancel`, access, find, operation: cancelOperation, handle: (call) => cancel(services, call) },
    { method: 'post', path: `${one}/retry`, access, find, operation: retryOperation, handle: (call) => retry(services, call) },
    { method: 'post', path: `${one}/rescore`, access, find, isRepetition, operation: rescoreOperation, handle: (call) => rescore(services, call) },
  ];
}

const PRESIGNED_SECONDS = 300;

async function download(services: BatchRouteServices, { request, response, params, query, principal, trail }: Call, which: RunFile): Promise<void> {
  const stored = await readBatch(services.store, principal.tenant, params.id);
  if (query['partial'] === true && stored.end?.manifest[which] === undefined && which !== 'changes') {
    services.retention.checkInput(params.id);
    await trail.done();
    return sendPartial(request, response, services, principal.tenant, stored, which);
  }
  const file = finishedFile(principal.tenant, stored, which);
  const name = downloadName(stored.record.filename ?? params.id, which);
  const key = runFileKeys[which](principal.tenant, params.id, stored.run);
  await trail.done();
  if (query['redirect'] === true) {
    const url = await services.store.presignGet(key, { expiresSeconds: PRESIGNED_SECONDS, downloadName: name });
    if (url !== undefined) return response.redirect(303, url);
  }
  await sendFile(request, response, { store: services.store, key, file, name });
}

/** No quotes: what reads headers carelessly would take them for the end of the name. */
function downloadName(filename: string, which: RunFile): string {
  return `${filename.replace(/(?<=.)\.[^.]*$/, '').replaceAll(/["\\]/g, '_')}-${which}.csv`;
}

function finishedFile(tenant: string, { record, run, end, damage }: StoredBatch, which: RunFile): FileDigest {
  if (end === undefined) throw new Problem('results-not-ready', 'The batch is not finished.', { headers: { 'Retry-After': '1' } });
  const file = end.manifest[which];
  if (file === undefined && damage?.key === ObjectKeys.runManifest(tenant, record.id, run)) throw filesDamaged(damage);
  if (file === undefined) throw new Problem('no-results', `The batch has ${end.manifest.status} and left no ${which}.`);
  return file;
}

async function createBatch(services: BatchRouteServices, { request, response, query, principal, trail }: Call): Promise<void> {
  const { model, dry_run, ...options } = query as z.output<typeof uploadQuery>;
  if (dry_run) {
    trail.action = 'batch.preflight';
    response.json(await preflightBatch(services, request, response, { tenant: principal.tenant, model, options }));
    return;
  }
  const idempotencyKey = idempotencyKeyOf(request);
  const record = await acceptBatch(services, request, response, { tenant: principal.tenant, model, options, idempotencyKey });
  await sendAccepted(services, { response, principal, trail }, record);
}

/** The batch is accepted: no failure may turn that into a refusal any more. */
async function sendAccepted(services: BatchRouteServices, { response, principal, trail }: Pick<Call, 'response' | 'principal' | 'trail'>, record: BatchRecord): Promise<void> {
  const { id } = record;
  trail.resource = `batches/${id}`;
  await trail.done();
  const view = await viewBatch(services, principal.tenant, id).catch(() => acceptedView(record));
  response.status(202).set({ Location: batchLink(id), 'Retry-After': '1' }).json(view);
}

async function rescore(services: BatchRouteServices, { request, response, params, query, principal, trail }: Call): Promise<void> {
  const options = { ...(query as z.output<typeof rescoreQuery>), idempotencyKey: idempotencyKeyOf(request) };
  await sendAccepted(services, { response, principal, trail }, await rescoreBatch(services, principal.tenant, params.id, options));
}

async function cancel(services: BatchRouteServices, { response, params, principal, trail }: Call): Promise<void> {
  const before = await viewBatch(services, principal.tenant, params.id);
  await cancelBatch(services.store, principal.tenant, params.id);
  await trail.done();
  services.changes.notify(params.id);
  response.status(202).json(await viewAfter(services, principal.tenant, { ...before, status: 'canceling' }));
}

async function retry(services: BatchRouteServices, { response, params, principal, trail }: Call): Promise<void> {
  services.retention.checkInput(params.id);
  const before = await viewBatch(services, principal.tenant, params.id);
  await retryBatch(services, principal.tenant, params.id);
  await trail.done();
  services.changes.notify(params.id);
  response.status(202).set('Location', batchLink(params.id)).json(await viewAfter(services, principal.tenant, { ...before, status: 'queued', progress: 0 }));
}

/** The change is durable: when its state cannot be read now, the answer says what was asked for. */
async function viewAfter(services: BatchRouteServices, tenant: string, expected: BatchView): Promise<BatchView> {
  return viewBatch(services, tenant, String(expected.id)).catch(() => expected);
}

async function remove(services: BatchRouteServices, { response, params, principal, trail }: Call): Promise<void> {
  await deleteBatch(services, principal.tenant, params.id);
  await trail.done();
  response.status(204).end();
}

async function getBatch(services: BatchRouteServices, { response, params, principal }: Call): Promise<void> {
  response.set('Cache-Control', 'no-store').json(await viewBatch(services, principal.tenant, params.id));
}

async function listBatches(services: BatchRouteServices, call: Call): Promise<void> {
  const { tenant } = call.principal;
  await sendPage(call, {
    store: services.store,
    tenant,
    kind: 'batches',
    charge: (cost) => services.use.rate.charge(tenant, cost),
    read: async (id) => (services.retention.isExpired(id) ? undefined : viewListedBatch(services, tenant, id)),
  });
}

async function streamBatch(services: BatchRouteServices, call: Call): Promise<void> {
  const { params, principal } = call;
  await streamEvents(services, call, async () => {
    const { run, view } = await viewNewestRun(services, principal.tenant, params.id);
    return { eventId: `${run}-${view.status}-${view.progress}`, data: view, final: isBatchFinished(view.status) };
  });
}
