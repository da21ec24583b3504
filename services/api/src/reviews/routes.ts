import {
  type DamageReport,
  type ModelPin,
  ObjectKeys,
  createId,
  idTimeMs,
  listNewestFirst,
  predictionRequestShape,
  readDocument,
  reviewShape,
  readDocumentBytes,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectNotFoundError, ObjectUnreadableError } from '@cytoqueue/storage';
import type { z } from 'zod';
import { BatchRows, type BatchRowsDeps } from '../batches/rows/batch-rows';
import { parseRowNumber } from '../batches/rows/routes';
import { readJson } from '../http/json-body';
import { setNextLink } from '../http/pagination';
import { Problem } from '../http/problem';
import { type HandlerContext, type Route, validateInput } from '../http/router';
import { type PredictionResponseDeps, isFinished, readPredictionResponse } from '../predictions/prediction-response';
import { toProblem } from '../to-problem';
import { type IdempotencyKeys, idempotencyKeyOf, payloadDigest } from '../tenants/idempotency';
import {
  createPredictionReviewOperation,
  createRowReviewOperation,
  listPredictionReviewsOperation,
  listRowReviewsOperation,
  reviewBody,
  type reviewsQuery,
} from './openapi';
import { type ReviewDeps, type ReviewTarget, storeReview } from './stored-reviews';

export type ReviewRouteDeps = ReviewDeps &
  BatchRowsDeps &
  PredictionResponseDeps & {
    quotas: ReviewDeps['quotas'] & BatchRowsDeps['quotas'];
    idempotency: IdempotencyKeys;
    damage: DamageReport;
  };

interface Reviewed extends ReviewTarget {
  model: ModelPin;
}

type FindTarget = (deps: ReviewRouteDeps, tenant: string, params: HandlerContext['params']) => Promise<Reviewed>;

const OTHER_DECISIONS = ['repeat', 'other'];

export function reviewRoutes(deps: ReviewRouteDeps): Route[] {
  const predictionKey = (tenant: string, id: string) => ObjectKeys.predictionRequest(tenant, id);
  const batchKey = (tenant: string, id: string) => ObjectKeys.batchDocument(tenant, id);
  return [
    ...routesOf(deps, '/v1/predictions/{id}/reviews', findPrediction, predictionKey, [
      createPredictionReviewOperation,
      listPredictionReviewsOperation,
    ]),
    ...routesOf(deps, '/v1/batches/{id}/rows/{row}/reviews', findRow, batchKey, [
      createRowReviewOperation,
      listRowReviewsOperation,
    ]),
  ];
}

function routesOf(
  deps: ReviewRouteDeps,
  path: string,
  find: FindTarget,
  documentKey: (tenant: string, id: string) => string,
  [create, list]: [Route['operation'], Route['operation']],
): Route[] {
  const access = 'patient-data';
  const assertExists = (tenant: string, id: string) => readDocumentBytes(deps.store, documentKey(tenant, id));
  return [
    {
      method: 'post',
      path,
      access,
      assertExists,
      acceptsIdempotencyKey: true,
      operation: create,
      handle: (context) => createReview(deps, find, context),
    },
    {
      method: 'get',
      path,
      access,
      assertExists,
      operation: list,
      handle: (context) => listReviews(deps, find, context),
    },
  ];
}

/** @throws ObjectNotFoundError, Problem 409 while it is not finished */
async function findPrediction(
  deps: ReviewRouteDeps,
  tenant: string,
  { id }: HandlerContext['params'],
): Promise<Reviewed> {
  const { status } = await readPredictionResponse(deps, tenant, id);
  if (!isFinished(status)) throw new Problem('not-finished', 'The prediction is not finished.');
  const documentKey = ObjectKeys.predictionRequest(tenant, id);
  const { model } = await readDocument(deps.store, documentKey, predictionRequestShape);
  return { tenant, folder: ObjectKeys.resourceReviewsFolder(tenant, id), documentKey, model };
}

/** @throws ObjectNotFoundError, Problem 409 while there are no results */
async function findRow(
  deps: ReviewRouteDeps,
  tenant: string,
  { id, row: text }: HandlerContext['params'],
): Promise<Reviewed> {
  const rows = await BatchRows.open(deps, tenant, id);
  const [row, documentKey] = [parseRowNumber(text), ObjectKeys.batchDocument(tenant, id)];
  if (!(await rows.has(row))) throw new ObjectNotFoundError(documentKey);
  return { tenant, folder: ObjectKeys.rowReviewsFolder(tenant, id, row), documentKey, model: rows.batch.model };
}

async function createReview(
  deps: ReviewRouteDeps,
  find: FindTarget,
  { request, response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { tenant, keyId } = principal;
  const target = await find(deps, tenant, params);
  const body = validateInput(reviewBody, await readJson(request, response), 'field');
  const { schema } = (await deps.registry.loadPinned(target.model, tenant)).model;
  assertDecision(body.decision, [...schema.labels, ...OTHER_DECISIONS]);
  const id = await claimId(deps, tenant, idempotencyKeyOf(request), ['review', target.folder, body]);
  const created_at = new Date(idTimeMs('review_', id) ?? Date.now()).toISOString();
  const review = await storeReview(deps, target, { id, created_at, key_id: keyId, ...body });
  await auditEntry.recordDurably();
  response.status(201).json(review);
}

/** @returns the id that the idempotency key stands for; a repeated request stores its review under the same id */
async function claimId(
  { idempotency }: ReviewRouteDeps,
  tenant: string,
  key: string | undefined,
  payload: unknown,
): Promise<string> {
  const id = createId('review_');
  return key === undefined ? id : idempotency.claim(tenant, key, { id, payload_sha256: payloadDigest(payload) });
}

/** The error does not quote the decision, which may contain anything. */
function assertDecision(decision: string, known: readonly string[]): void {
  if (known.includes(decision)) return;
  const detail = `must be one of ${known.join(', ')}`;
  throw new Problem('invalid-request', 'A field is not valid.', {
    errors: [{ field: 'decision', code: 'unknown-decision', detail }],
  });
}

async function listReviews(
  deps: ReviewRouteDeps,
  find: FindTarget,
  { request, response, params, query, principal }: HandlerContext,
): Promise<void> {
  const { store } = deps;
  const { limit, after } = query as z.output<typeof reviewsQuery>;
  const { folder } = await find(deps, principal.tenant, params);
  const { ids, hasMore } = await listNewestFirst(store, { prefix: folder, idPrefix: 'review_', before: after, limit });
  const data = (await Promise.all(ids.map((id) => readListedReview(deps, folder, id)))).filter(
    (each) => each !== undefined,
  );
  const lastId = ids.at(-1) ?? null;
  if (hasMore && lastId !== null) setNextLink(request, response, { limit: String(limit), after: lastId });
  response.json({ data, has_more: hasMore, last_id: lastId });
}

/** One damaged review hides no other. @returns undefined when it was deleted meanwhile */
async function readListedReview({ store, damage }: ReviewRouteDeps, folder: string, id: string) {
  try {
    return await readDocument(store, `${folder}${id}`, reviewShape);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError)) throw error;
    damage.report(`${folder}${id}`, error);
    const { type: code, detail } = toProblem(error);
    return { id, created_at: new Date(idTimeMs('review_', id) ?? 0).toISOString(), error: { code, detail } };
  }
}
