import type { ChangeListener } from '@cytoqueue/queue';
import { ObjectKeys, ObjectMismatchError, type PredictionEnd } from '@cytoqueue/storage';
import { z } from 'zod';
import { acceptedPrediction, answer, page, prediction, rawAnswer, refusals } from '../http/documents';
import { readJson } from '../http/json-body';
import { pageQuery, sendPage } from '../http/paging';
import { preferredWaitSeconds } from '../http/prefer';
import { Problem } from '../http/problem';
import { type Call, type Route, parseWith } from '../http/route';
import { sendEvents } from '../http/sse';
import { type PredictionServices, acceptPrediction, predictionBody } from '../predictions/accept';
import { type PredictionView, isFinished, predictionLink, viewPrediction } from '../predictions/view';
import { waitFor } from '../predictions/wait';

const tags = ['predictions'];
const idParam = { path: z.object({ id: z.string() }) };
const statuses = ['queued', 'processing', 'succeeded', 'failed', 'canceled'] as const;

export type PredictionRouteServices = PredictionServices & { changes: ChangeListener };

export function predictionRoutes(services: PredictionRouteServices): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/predictions',
      access: 'records',
      operation: {
        operationId: 'createPrediction',
        summary: 'Predict one record',
        tags,
        requestParams: { header: z.object({ Prefer: z.string().optional().meta({ description: 'wait=N: answer with the result if it is there within N ≤ 60 seconds' }) }) },
        requestBody: { required: true, content: { 'application/json': { schema: predictionBody } } },
        responses: {
          201: answer('Finished while the client waited', prediction),
          202: answer('Accepted and durable', acceptedPrediction),
          ...refusals(400, 401, 403, 413, 415, 422, 503, 507),
        },
      },
      handle: (call) => createPrediction(services, call),
    },
    {
      method: 'get',
      path: '/v1/predictions',
      access: 'records',
      operation: {
        operationId: 'listPredictions',
        summary: 'Predictions, newest first',
        tags,
        requestParams: { query: pageQuery(statuses, 'pred_') },
        responses: { 200: answer('One page', page(prediction)), ...refusals(401, 403, 422, 503) },
      },
      handle: (call) => listPredictions(services, call),
    },
    {
      method: 'get',
      path: '/v1/predictions/{id}',
      access: 'records',
      operation: {
        operationId: 'getPrediction',
        summary: 'One prediction with its state and, when finished, its result',
        tags,
        requestParams: idParam,
        responses: { 200: answer('The prediction', prediction), ...refusals(401, 403, 404, 503) },
      },
      handle: async ({ response, params, principal }) => {
        response.set('Cache-Control', 'no-store').json(await viewPrediction(services, principal.tenant, params.id));
      },
    },
    {
      method: 'post',
      path: '/v1/predictions/{id}/cancel',
      access: 'records',
      operation: {
        operationId: 'cancelPrediction',
        summary: 'Cancel a prediction that is not finished',
        tags,
        requestParams: idParam,
        responses: { 200: answer('Canceled; no result will be written', prediction), ...refusals(401, 403, 404, 409, 503) },
      },
      handle: (call) => cancelPrediction(services, call),
    },
    {
      method: 'get',
      path: '/v1/predictions/{id}/events',
      access: 'records',
      operation: {
        operationId: 'streamPrediction',
        summary: 'State changes as server-sent events',
        tags,
        requestParams: idParam,
        responses: { 200: rawAnswer('Events named "status", each a whole prediction', 'text/event-stream'), ...refusals(401, 403, 404, 503) },
      },
      handle: (call) => streamPrediction(services, call),
    },
  ];
}

async function createPrediction(services: PredictionRouteServices, { request, response, principal }: Call): Promise<void> {
  const body = parseWith(predictionBody, await readJson(request, response), 'field');
  const waitSeconds = preferredWaitSeconds(request.get('Prefer'));
  const accepted = await acceptPrediction(services, principal.tenant, body);
  const { id, created_at } = accepted;
  response.set('Location', predictionLink(id));
  if (waitSeconds !== undefined) {
    response.set('Preference-Applied', `wait=${waitSeconds}`);
    const finished = await waitForPrediction(services, principal.tenant, id, waitSeconds * 1_000, response);
    if (finished !== undefined) {
      response.status(201).json(finished);
      return;
    }
  }
  response.status(202).set('Retry-After', '1').json({ id, status: 'queued', created_at, links: { self: predictionLink(id) } });
}

function waitForPrediction(services: PredictionRouteServices, tenant: string, id: string, timeoutMs: number, response: Call['response']) {
  const read = async (): Promise<PredictionView | undefined> => {
    const end = await services.store.head(ObjectKeys.predictionResult(tenant, id));
    return end === undefined ? undefined : viewPrediction(services, tenant, id);
  };
  return waitFor({ id, changes: services.changes, timeoutMs, read, isGone: () => response.closed });
}

async function listPredictions(services: PredictionRouteServices, call: Call): Promise<void> {
  const { tenant } = call.principal;
  await sendPage(call, {
    store: services.store,
    prefix: ObjectKeys.predictionsPrefix(tenant),
    idPrefix: 'pred_',
    read: (id) => viewPrediction(services, tenant, id).catch(absentIfNotFound),
  });
}

function absentIfNotFound(error: unknown): undefined {
  if ((error as { name?: string }).name === 'ObjectNotFoundError') return undefined;
  throw error;
}

/** The end of a prediction is written once: whoever writes it first, the worker or the one who cancels, has decided it. */
async function cancelPrediction(services: PredictionRouteServices, { response, params, principal }: Call): Promise<void> {
  const { tenant } = principal;
  const view = await viewPrediction(services, tenant, params.id);
  if (isFinished(view.status)) throw finished(view.status);
  const end: PredictionEnd = { status: 'canceled' };
  try {
    await services.store.putOnce(ObjectKeys.predictionResult(tenant, params.id), Buffer.from(JSON.stringify(end)), { contentType: 'application/json' });
  } catch (error) {
    if (error instanceof ObjectMismatchError) throw finished('succeeded or failed');
    throw error;
  }
  await services.store.delete(ObjectKeys.pending(tenant, params.id));
  services.changes.notify(params.id);
  response.json(await viewPrediction(services, tenant, params.id));
}

function finished(status: string): Problem {
  return new Problem('already-finished', `The prediction has ${status} already.`);
}

async function streamPrediction(services: PredictionRouteServices, { request, response, params, principal }: Call): Promise<void> {
  const read = async () => {
    const view = await viewPrediction(services, principal.tenant, params.id);
    return { eventId: view.status, data: view, final: isFinished(view.status) };
  };
  await read();
  await sendEvents(response, { id: params.id, changes: services.changes, lastEventId: request.get('Last-Event-ID'), read });
}
