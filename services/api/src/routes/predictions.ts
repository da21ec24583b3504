import type { ChangeListener } from '@cytoqueue/queue';
import { ObjectKeys, ObjectMismatchError, ObjectNotFoundError, type PredictionEnd, type PredictionRequest } from '@cytoqueue/storage';
import type { Authenticator } from '../http/auth';
import { idempotencyKeyOf } from '../http/idempotency';
import { readJson } from '../http/json-body';
import { sendPage } from '../http/paging';
import type { Retention } from '../http/retention';
import { preferredWaitSeconds } from '../http/prefer';
import { Problem } from '../http/problem';
import { type Call, type Route, parseWith } from '../http/route';
import { sendEvents } from '../http/sse';
import type { TenantUse } from '../http/tenant-use';
import { type PredictionServices, acceptPrediction, predictionBody } from '../predictions/accept';
import { isFinished, predictionLink, viewIfFinished, viewPrediction } from '../predictions/view';
import { waitFor } from '../predictions/wait';
import { cancelOperation, createOperation, getOperation, listOperation, streamOperation } from './prediction-operations';

const collection = '/v1/predictions';
const one = `${collection}/{id}`;

export type PredictionRouteServices = PredictionServices & { changes: ChangeListener; retention: Retention; authenticator: Authenticator; use: TenantUse; maxWaitSeconds: number };

export function predictionRoutes(services: PredictionRouteServices): Route[] {
  const access = 'records';
  const find = (tenant: string, id: string) => services.store.get(ObjectKeys.predictionRequest(tenant, id));
  return [
    { method: 'post', path: collection, access, operation: createOperation, handle: (call) => createPrediction(services, call) },
    { method: 'get', path: collection, access, operation: listOperation, handle: (call) => listPredictions(services, call) },
    { method: 'get', path: one, access, find, operation: getOperation, handle: (call) => getPrediction(services, call) },
    { method: 'post', path: `${one}/cancel`, access, find, operation: cancelOperation, handle: (call) => cancelPrediction(services, call) },
    { method: 'get', path: `${one}/events`, access, find, operation: streamOperation, handle: (call) => streamPrediction(services, call) },
  ];
}

async function createPrediction(services: PredictionRouteServices, { request, response, principal, trail }: Call): Promise<void> {
  const body = parseWith(predictionBody, await readJson(request, response), 'field');
  const waitSeconds = preferredWaitSeconds(request.get('Prefer'), services.maxWaitSeconds);
  const accepted = await acceptPrediction(services, principal.tenant, body, idempotencyKeyOf(request));
  const { id, created_at } = accepted;
  trail.resource = `predictions/${id}`;
  response.set('Location', predictionLink(id));
  if (waitSeconds !== undefined) {
    response.set('Preference-Applied', `wait=${waitSeconds}`);
    const finished = await waitForPrediction(services, principal.tenant, accepted, waitSeconds * 1_000, response);
    if (finished !== undefined) {
      response.status(201).json(finished);
      return;
    }
  }
  response.status(202).set('Retry-After', '1').json({ id, status: 'queued', created_at, links: { self: predictionLink(id) } });
}

function waitForPrediction(services: PredictionRouteServices, tenant: string, accepted: PredictionRequest, timeoutMs: number, response: Call['response']) {
  const read = () => viewIfFinished(services.store, tenant, accepted);
  return waitFor({ id: accepted.id, changes: services.changes, timeoutMs, read, isGone: () => response.closed });
}

async function getPrediction(services: PredictionRouteServices, { response, params, principal }: Call): Promise<void> {
  response.set('Cache-Control', 'no-store').json(await viewPrediction(services, principal.tenant, params.id));
}

async function listPredictions(services: PredictionRouteServices, call: Call): Promise<void> {
  const { tenant } = call.principal;
  await sendPage(call, {
    store: services.store,
    prefix: ObjectKeys.predictionsPrefix(tenant),
    idPrefix: 'pred_',
    read: async (id) => (services.retention.isExpired(id) ? undefined : viewPrediction(services, tenant, id).catch(absentIfNotFound)),
  });
}

function absentIfNotFound(error: unknown): undefined {
  if (error instanceof ObjectNotFoundError) return undefined;
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
  const { changes, authenticator, use } = services;
  const isStillAdmitted = () => authenticator.isStillAdmitted(principal);
  const source = { id: params.id, changes, lastEventId: request.get('Last-Event-ID'), read, isStillAdmitted };
  await use.streams.hold(principal.tenant, () => sendEvents(response, source));
}
