import type { BatchProgress, ChangeListener } from '@cytoqueue/queue';
import { type FileDigest, type Manifest, ObjectKeys, ObjectNotFoundError } from '@cytoqueue/storage';
import { z } from 'zod';
import { type BatchServices, acceptBatch } from '../batches/accept';
import { sendFile } from '../batches/download';
import { type StoredBatch, batchLink, isBatchFinished, readBatch, viewBatch } from '../batches/view';
import { answer, batch, page, rawAnswer, refusals } from '../http/documents';
import { pageQuery, sendPage } from '../http/paging';
import { Problem } from '../http/problem';
import type { Call, Route } from '../http/route';
import { sendEvents } from '../http/sse';

const tags = ['batches'];
const idParam = { path: z.object({ id: z.string() }) };
const statuses = ['queued', 'processing', 'finalizing', 'succeeded', 'completed_with_errors', 'failed', 'canceling', 'canceled'] as const;

const uploadQuery = z.strictObject({
  model: z.string().max(256).optional().meta({ description: 'name (its champion) or name@version' }),
  operating_point: z.enum(['default', 'sensitivity99']).default('default'),
  on_error: z.enum(['continue', 'abort']).default('continue').meta({ description: 'abort: one bad row fails the batch' }),
  formulas: z.enum(['escape', 'keep']).default('escape').meta({ description: 'What becomes of cells that a spreadsheet would run' }),
});

export type BatchRouteServices = BatchServices & { progress: BatchProgress; changes: ChangeListener };

export function batchRoutes(services: BatchRouteServices): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/batches',
      access: 'records',
      operation: {
        operationId: 'createBatch',
        summary: 'Upload a CSV file of records',
        tags,
        requestParams: { query: uploadQuery },
        requestBody: {
          required: true,
          content: {
            'text/csv': { schema: { type: 'string' } },
            'multipart/form-data': { schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', contentMediaType: 'text/csv' } } } },
          },
        },
        responses: { 202: answer('Accepted: the bytes are durable', batch), ...refusals(400, 401, 403, 413, 415, 422, 503, 507) },
      },
      handle: (call) => createBatch(services, call),
    },
    {
      method: 'get',
      path: '/v1/batches',
      access: 'records',
      operation: {
        operationId: 'listBatches',
        summary: 'Batches, newest first',
        tags,
        requestParams: { query: pageQuery(statuses, 'batch_') },
        responses: { 200: answer('One page', page(batch)), ...refusals(401, 403, 422, 503) },
      },
      handle: (call) => listBatches(services, call),
    },
    {
      method: 'get',
      path: '/v1/batches/{id}',
      access: 'records',
      operation: {
        operationId: 'getBatch',
        summary: 'One batch with its state and counts',
        tags,
        requestParams: idParam,
        responses: { 200: answer('The batch', batch), ...refusals(401, 403, 404, 503) },
      },
      handle: async ({ response, params, principal }) => {
        response.set('Cache-Control', 'no-store').json(await viewBatch(services, principal.tenant, params.id));
      },
    },
    {
      method: 'get',
      path: '/v1/batches/{id}/events',
      access: 'records',
      operation: {
        operationId: 'streamBatch',
        summary: 'State and counts as server-sent events',
        tags,
        requestParams: idParam,
        responses: { 200: rawAnswer('Events named "status", each a whole batch', 'text/event-stream'), ...refusals(401, 403, 404, 503) },
      },
      handle: (call) => streamBatch(services, call),
    },
    downloadRoute(services, 'results'),
    downloadRoute(services, 'errors'),
  ];
}

const downloads = {
  results: { summary: 'Every input row in its order with the result columns', key: ObjectKeys.runResults.bind(ObjectKeys) },
  errors: { summary: 'The rows that were not scored, and why', key: ObjectKeys.runErrors.bind(ObjectKeys) },
};

function downloadRoute(services: BatchRouteServices, which: keyof typeof downloads): Route {
  const { summary, key } = downloads[which];
  return {
    method: 'get',
    path: `/v1/batches/{id}/${which}`,
    access: 'records',
    operation: {
      operationId: which === 'results' ? 'getBatchResults' : 'getBatchErrors',
      summary,
      tags,
      requestParams: idParam,
      responses: {
        200: rawAnswer('The file', 'text/csv'),
        206: rawAnswer('One byte range of it', 'text/csv'),
        ...refusals(401, 403, 404, 409, 416, 503),
      },
    },
    handle: async ({ request, response, params, principal }) => {
      const stored = await readBatch(services.store, principal.tenant, params.id);
      const file = finishedFile(stored, which);
      const name = `${(stored.record.filename ?? params.id).replace(/\.[^.]*$/, '')}-${which}.csv`;
      await sendFile(request, response, { store: services.store, key: key(principal.tenant, params.id, stored.run), file, name });
    },
  };
}

function finishedFile({ end }: StoredBatch, which: keyof Pick<Manifest, 'results' | 'errors'>): FileDigest {
  if (end === undefined) throw new Problem('results-not-ready', 'The batch is not finished.', { headers: { 'Retry-After': '1' } });
  const file = end.manifest[which];
  if (file === undefined) throw new Problem('no-results', `The batch has ${end.manifest.status} and left no ${which}.`);
  return file;
}

async function createBatch(services: BatchRouteServices, { request, response, query, principal }: Call): Promise<void> {
  const { model, ...options } = query as z.output<typeof uploadQuery>;
  const { id } = await acceptBatch(services, request, response, { tenant: principal.tenant, model, options });
  response.status(202).set({ Location: batchLink(id), 'Retry-After': '1' }).json(await viewBatch(services, principal.tenant, id));
}

async function listBatches(services: BatchRouteServices, call: Call): Promise<void> {
  const { tenant } = call.principal;
  await sendPage(call, {
    store: services.store,
    prefix: ObjectKeys.batchesPrefix(tenant),
    idPrefix: 'batch_',
    read: (id) =>
      viewBatch(services, tenant, id).catch((error: unknown) => {
        if (error instanceof ObjectNotFoundError) return undefined;
        throw error;
      }),
  });
}

async function streamBatch(services: BatchRouteServices, { request, response, params, principal }: Call): Promise<void> {
  const read = async () => {
    const view = await viewBatch(services, principal.tenant, params.id);
    return { eventId: `${view.status}-${view.progress}`, data: view, final: isBatchFinished(view.status) };
  };
  await read();
  await sendEvents(response, { id: params.id, changes: services.changes, lastEventId: request.get('Last-Event-ID'), read });
}
