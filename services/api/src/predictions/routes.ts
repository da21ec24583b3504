import type { ChangeSubscriber } from '@cytoqueue/queue';
import {
  ObjectKeys,
  type PredictionCompletion,
  type PredictionRequest,
  readDocumentBytes,
  putCompletion,
} from '@cytoqueue/records';
import { ObjectMismatchError } from '@cytoqueue/storage';
import { idempotencyKeyOf } from '../tenants/idempotency';
import { readJson } from '../http/json-body';
import { sendPage } from '../http/pagination';
import type { RetentionPolicy } from '../tenants/retention-policy';
import { preferredWaitSeconds } from '../http/prefer';
import { Problem } from '../http/problem';
import { createRouteFactory, type HandlerContext, validateInput, type Route } from '../http/router';
import { type EventStreamDeps, streamEvents } from '../http/server-sent-events';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import { type PredictionDeps, acceptPrediction } from './accept-prediction';
import {
  isFinished,
  predictionLink,
  readIfFinished,
  readListedPrediction,
  readPredictionResponse,
} from './prediction-response';
import { assertValueTypes } from './value-types';
import { waitForResult } from './wait';
import {
  cancelOperation,
  createOperation,
  deleteOperation,
  getOperation,
  listOperation,
  streamOperation,
  predictionBody,
} from './openapi';
import { deletePrediction } from './delete';

const collectionPath = '/v1/predictions';
const itemPath = `${collectionPath}/{id}`;

export type PredictionRouteDeps = PredictionDeps &
  EventStreamDeps & {
    notifications: ChangeSubscriber;
    retention: RetentionPolicy;
    quotas: TenantQuotas;
    maxWaitSeconds: number;
  };

export function predictionRoutes(deps: PredictionRouteDeps): Route[] {
  const assertExists = (tenant: string, id: string) =>
    readDocumentBytes(deps.store, ObjectKeys.predictionRequest(tenant, id));
  const route = createRouteFactory(deps, 'patient-data');
  const itemChecks = { assertExists };
  return [
    route('post', collectionPath, createOperation, createPrediction, { acceptsIdempotencyKey: true }),
    route('get', collectionPath, listOperation, listPredictions),
    route('get', itemPath, getOperation, getPrediction, itemChecks),
    route('delete', itemPath, deleteOperation, removePrediction, itemChecks),
    route('post', `${itemPath}/cancel`, cancelOperation, cancelPrediction, itemChecks),
    route('get', `${itemPath}/events`, streamOperation, streamPrediction, itemChecks),
  ];
}

async function createPrediction(
  deps: PredictionRouteDeps,
  { request, response, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const json = await readJson(request, response);
  // Values of the wrong JSON type first: their errors say how to send them. Those of the request's Zod schema do not.
  assertValueTypes(json);
  const body = validateInput(predictionBody, json, 'field');
  const waitSeconds = preferredWaitSeconds(request.get('Prefer'), deps.maxWaitSeconds);
  const { accepted, isNew } = await acceptPrediction(deps, principal.tenant, body, idempotencyKeyOf(request));
  // The record is accepted, so nothing may fail from here on.
  const { id, created_at } = accepted;
  auditEntry.resource = `predictions/${id}`;
  response.set('Location', predictionLink(id));
  if (waitSeconds !== undefined) {
    response.set('Preference-Applied', `wait=${waitSeconds}`);
    const finished = await waitForPrediction(deps, principal.tenant, accepted, waitSeconds * 1_000, response);
    if (finished !== undefined) {
      response.status(201).json(finished);
      return;
    }
  }
  // A repeated request may find the record in any state.
  const status = isNew
    ? 'queued'
    : await readPredictionResponse(deps, principal.tenant, id).then(
        (found) => found.status,
        () => 'queued',
      );
  response
    .status(202)
    .set('Retry-After', '1')
    .json({ id, status, created_at, links: { self: predictionLink(id) } });
}

function waitForPrediction(
  deps: PredictionRouteDeps,
  tenant: string,
  accepted: PredictionRequest,
  timeoutMs: number,
  response: HandlerContext['response'],
) {
  const read = () => readIfFinished(deps.store, tenant, accepted);
  return waitForResult({
    id: accepted.id,
    notifications: deps.notifications,
    timeoutMs,
    read,
    isAbandoned: () => response.closed,
  });
}

async function getPrediction(
  deps: PredictionRouteDeps,
  { response, params, principal }: HandlerContext,
): Promise<void> {
  response.set('Cache-Control', 'no-store').json(await readPredictionResponse(deps, principal.tenant, params.id));
}

async function listPredictions(deps: PredictionRouteDeps, context: HandlerContext): Promise<void> {
  const { tenant } = context.principal;
  await sendPage(context, {
    store: deps.store,
    tenant,
    kind: 'predictions',
    charge: (cost) => deps.quotas.rateLimit.addCost(tenant, cost),
    read: async (id) => (deps.retention.isExpired(id) ? undefined : readListedPrediction(deps, tenant, id)),
  });
}

/**
 * A prediction has one completion, written once: the worker or this cancel, whichever is first, decides how it ends. The
 * reconciler removes a marker that could not be deleted afterwards.
 */
async function cancelPrediction(
  deps: PredictionRouteDeps,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { tenant } = principal;
  const view = await readPredictionResponse(deps, tenant, params.id);
  if (isFinished(view.status)) throw alreadyFinished(view.status);
  const completion: PredictionCompletion = { status: 'canceled' };
  try {
    await putCompletion(deps.store, ObjectKeys.predictionCompletion(tenant, params.id), completion);
  } catch (error) {
    if (error instanceof ObjectMismatchError) throw alreadyFinished('finished');
    throw error;
  }
  await deps.store.delete(ObjectKeys.pending(tenant, params.id)).catch(() => undefined);
  await auditEntry.recordDurably();
  deps.notifications.notify(params.id);
  const { queue_position: _, ...shown } = view;
  response.json(await readPredictionResponse(deps, tenant, params.id).catch(() => ({ ...shown, ...completion })));
}

async function removePrediction(
  deps: PredictionRouteDeps,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  await deletePrediction(deps, principal.tenant, params.id);
  await auditEntry.recordDurably();
  response.status(204).end();
}

function alreadyFinished(status: string): Problem {
  return new Problem('already-finished', `The prediction cannot be canceled: it is already ${status}.`);
}

async function streamPrediction(deps: PredictionRouteDeps, context: HandlerContext): Promise<void> {
  const { params, principal } = context;
  await streamEvents(deps, context, async () => {
    const view = await readPredictionResponse(deps, principal.tenant, params.id);
    return { eventId: view.status, data: view, final: isFinished(view.status) };
  });
}
