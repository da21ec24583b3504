import { z } from 'zod';
import { idempotencyKey, page, timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { Operation } from '../http/router';

/** OpenAPI operations and schemas of the review routes. */

const tags = ['reviews'];

const decision = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: 'A label of the model, `repeat` or `other`', example: 'malignant' });

export const review = z
  .strictObject({
    id: z.string(),
    created_at: timestamp,
    key_id: z.string().meta({ description: "The reader's key" }),
    decision,
    note: z.string().optional(),
  })
  .meta({ id: 'Review', description: 'What a second reader decided; never changed, and removed with its resource' });

const damagedReview = z
  .strictObject({
    id: z.string(),
    created_at: timestamp,
    error: z.strictObject({ code: z.enum(['object-damaged', 'object-unreadable']), detail: z.string() }),
  })
  .meta({ id: 'DamagedReview', description: 'Its time is that of its id' });

export const reviewBody = z
  .strictObject({ decision, note: z.string().max(2_000).optional() })
  .meta({ id: 'ReviewBody' });

export const reviewsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Most items in one page' }),
  after: z
    .string()
    .regex(/^review_[0-7][0-9a-hjkmnp-tv-z]{25}$/, 'is not an id of this list')
    .optional(),
});

const predictionParams = { path: z.object({ id: z.string() }) };
const rowParams = { path: z.object({ id: z.string(), row: z.string() }) };

function createOperation(operationId: string, of: string, params: typeof predictionParams): Operation {
  return {
    operationId,
    summary: `Add a review of ${of}`,
    tags,
    requestParams: { ...params, header: z.object({ 'Idempotency-Key': idempotencyKey }) },
    requestBody: { required: true, content: { 'application/json': { schema: reviewBody } } },
    responses: {
      201: jsonResponse('Stored', review),
      ...problemResponses(400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 503, 507),
    },
  };
}

function listOperation(operationId: string, of: string, params: typeof predictionParams): Operation {
  return {
    operationId,
    summary: `Reviews of ${of}, newest first`,
    tags,
    requestParams: { ...params, query: reviewsQuery },
    responses: {
      200: jsonResponse('One page', page(z.union([review, damagedReview]))),
      ...problemResponses(401, 403, 404, 409, 410, 422, 503),
    },
  };
}

export const createPredictionReviewOperation = createOperation(
  'createPredictionReview',
  'a finished prediction',
  predictionParams,
);
export const listPredictionReviewsOperation = listOperation('listPredictionReviews', 'a prediction', predictionParams);
export const createRowReviewOperation = createOperation('createBatchRowReview', "a finished batch's row", rowParams);
export const listRowReviewsOperation = listOperation('listBatchRowReviews', "a batch's row", rowParams);
