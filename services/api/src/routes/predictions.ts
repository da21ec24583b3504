import type { ChangeListener } from '@cytoqueue/queue';
import { ObjectKeys, ObjectMismatchError, type PredictionEnd, type PredictionRequest, sealDocument } from '@cytoqueue/storage';
import { idempotencyKeyOf } from '../http/idempotency';
import { readJson } from '../http/json-body';
import { sendPage } from '../http/paging';
import type { Retention } from '../http/retention';
import { preferredWaitSeconds } from '../http/prefer';
import { Problem } from '../http/problem';
import { type Call, type Route, parseWith } from '../http/route';
import { type StreamServices, streamEvents } from '../http/sse';
import type { TenantUse } from '../http/tenant-use';
import { type PredictionServices, acceptPrediction, predictionBody } from '../predictions/accept';
import { isFinished, predictionLink, queuedView, viewIfFinished, viewListedPrediction, viewPrediction } from '../predictions/view';
import { waitFor } from '../predictions/wait';
import { cancelOperation, createOperation, getOperation, listOperation, streamOperation } from './prediction-operations';

const collection = '/v1/predictions';
const one = `${collection}/{id}`;

export type PredictionRouteServices = PredictionServices & StreamServices & { changes: ChangeListener; retention: Retention; use: TenantUse; maxWaitSeconds: number };

export function predictionRoutes(services: PredictionRouteServices): Route[] {
  const access = 'records';
  const find = (tenant: string, id: string) => services.store.get(ObjectKeys.predictionRequest(tenant, id));
  const isRepetition = services.idempotency.isRepetition.bind(services.idempotency);
  return [
    { method: 'post', path: collection, access, isRepetition, operation: createOperation, handle: (call) => createPrediction(services, call) },
    { method: 'get', path: collection, access, operation: listOperation, handle: (call) => listPredictions(services, call) },
    { method: 'get', path: one, access, find, operation: getOperation, handle: (call) => getPrediction(services, call) },
    { method: 'post', path: `${one}/cancel`, access, find, operation: cancelOperation, handle: (call) => cancelPrediction(services, call) },
    { method: 'get', path: `${one}/events`, access, find, operation: streamOperation, handle: (call) => streamPrediction(services, call) },
  ];
}

async function createPrediction(services: PredictionRouteServices, { request, response, principal, trail }: Call): Promise<void> {
  const body = parseWith(predictionBody, await readJson(request, response), 'field');
  const waitSeconds = preferredWaitSeconds(request.get('Prefer'), services.maxWaitSeconds);
  const { request: accepted, isNew } = await acceptPrediction(services, principal.tenant, body, idempotencyKeyOf(request));
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
  // It is accepted, whatever fails now. A repeated request may find it in any state.
  const { status } = isNew ? queuedView(accepted) : await viewPrediction(services, principal.tenant, id).catch(() => queuedView(accepted));
  response.status(202).set('Retry-After', '1').json({ id, status, created_at, links: { self: predictionLink(id) } });
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
    tenant,
    kind: 'predictions',
    charge: (cost) => services.use.rate.charge(tenant, cost),
    read: async (id) => (services.retention.isExpired(id) ? undefined : viewListedPrediction(services, tenant, id)),
  });
}

/**
 * The end of a prediction is written once, by the worker or by the cancel: that is the commit point. The reconciler removes
 * a marker that could not be deleted after it.
 */
async function cancelPrediction(services: PredictionRouteServices, { response, params, principal }: Call): Promise<void> {
  const { tenant } = principal;
  const view = await viewPrediction(services, tenant, params.id);
  if (isFinished(view.status)) throw finished(view.status);
  const end: PredictionEnd = { status: 'canceled' };
  try {
    await services.store.putOnce(ObjectKeys.predictionResult(tenant, params.id), sealDocument(end), { contentType: 'application/json' });
  } catch (error) {
    if (error instanceof ObjectMismatchError) throw finished('succeeded or failed');
    throw error;
  }
  await services.store.delete(ObjectKeys.pending(tenant, params.id)).catch(() => undefined);
  services.changes.notify(params.id);
  const { queue_position: _, ...shown } = view;
  response.json(await viewPrediction(services, tenant, params.id).catch(() => ({ ...shown, ...end })));
}

function finished(status: string): Problem {
  return new Problem('already-finished', `The prediction has ${status} already.`);
}

async function streamPrediction(services: PredictionRouteServices, call: Call): Promise<void> {
  const { params, principal } = call;
  await streamEvents(services, call, async () => {
    const view = await viewPrediction(services, principal.tenant, params.id);
    return { eventId: view.status, data: view, final: isFinished(view.status) };
  });
}
