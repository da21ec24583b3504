import type { ChangeSubscriber } from '@cytoqueue/queue';
import { readDocumentBytes, TrainingKeys } from '@cytoqueue/records';
import type { TaskProtection } from '@cytoqueue/runtime';
import { sendPage } from '../http/pagination';
import { createRouteFactory, type HandlerContext, type Route } from '../http/router';
import { type EventStreamDeps, streamEvents } from '../http/server-sent-events';
import { idempotencyKeyOf } from '../tenants/idempotency';
import { acceptTraining } from './accept-training';
import { cancelTraining, deleteTraining } from './commands';
import {
  cancelOperation,
  createOperation,
  deleteOperation,
  getOperation,
  listOperation,
  streamOperation,
} from './openapi';
import type { TrainingDeps } from './training-deps';
import { readListedTraining, readTrainingResponse, toAcceptedResponse, trainingLink } from './training-response';

const collectionPath = '/v1/trainings';
const itemPath = `${collectionPath}/{id}`;

export type TrainingRouteDeps = TrainingDeps &
  EventStreamDeps & {
    notifications: ChangeSubscriber;
    protection: Pick<TaskProtection, 'run'>;
  };

export function trainingRoutes(deps: TrainingRouteDeps): Route[] {
  const ofTraining: Pick<Route, 'assertExists'> = {
    assertExists: (tenant, id) => readDocumentBytes(deps.store, TrainingKeys.document(tenant, id)),
  };
  const route = createRouteFactory(deps, 'admin');
  return [
    route('post', collectionPath, createOperation, create, { acceptsIdempotencyKey: true }),
    route('get', collectionPath, listOperation, list),
    route('get', itemPath, getOperation, get, ofTraining),
    route('get', `${itemPath}/events`, streamOperation, stream, ofTraining),
    route('post', `${itemPath}/cancel`, cancelOperation, cancel, ofTraining),
    route('delete', itemPath, deleteOperation, remove, ofTraining),
  ];
}

async function create(
  deps: TrainingRouteDeps,
  { request, response, query, principal: { tenant }, auditEntry }: HandlerContext,
): Promise<void> {
  const wanted = { tenant, query, idempotencyKey: idempotencyKeyOf(request) };
  // Keeps Amazon ECS from stopping this task while the file is read.
  const training = await deps.protection.run(() => acceptTraining(deps, request, response, wanted));
  const { id } = training;
  auditEntry.resource = `trainings/${id}`;
  await auditEntry.recordDurably();
  // The training is accepted, so nothing may fail from here on.
  const accepted = await readTrainingResponse(deps, tenant, id).catch(() => toAcceptedResponse(training));
  response
    .status(202)
    .set({ Location: trainingLink(id), 'Retry-After': '1' })
    .json(accepted);
}

async function list(deps: TrainingRouteDeps, context: HandlerContext): Promise<void> {
  const { tenant } = context.principal;
  await sendPage(context, {
    store: deps.store,
    tenant,
    kind: 'trainings',
    charge: (cost) => deps.quotas.rateLimit.addCost(tenant, cost),
    read: async (id) => (deps.retention.isExpired(id) ? undefined : readListedTraining(deps, tenant, id)),
  });
}

async function get(deps: TrainingRouteDeps, { response, params, principal }: HandlerContext): Promise<void> {
  response.json(await readTrainingResponse(deps, principal.tenant, params.id));
}

async function stream(deps: TrainingRouteDeps, context: HandlerContext): Promise<void> {
  const { params, principal } = context;
  await streamEvents(deps, context, async () => {
    const data = await readTrainingResponse(deps, principal.tenant, params.id);
    const { status, progress } = data;
    return { eventId: `${status}-${progress}`, data, final: status !== 'queued' && status !== 'processing' };
  });
}

async function cancel(
  deps: TrainingRouteDeps,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  await cancelTraining(deps, principal.tenant, params.id);
  await auditEntry.recordDurably();
  deps.notifications.notify(params.id);
  response.status(202).json(await readTrainingResponse(deps, principal.tenant, params.id));
}

async function remove(
  deps: TrainingRouteDeps,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  await deleteTraining(deps, principal.tenant, params.id);
  await auditEntry.recordDurably();
  response.status(204).end();
}
