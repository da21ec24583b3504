import { z } from 'zod';
import { acceptedPrediction, idempotencyKey, page, prediction } from '../http/response-schemas';
import { eventStreamResponse, jsonResponse, problemResponses } from '../openapi/responses';
import { pageQuery } from '../http/pagination';
import type { Operation } from '../http/router';

/** The OpenAPI operations of the prediction routes, and the schema of a record that is sent. */

const tags = ['predictions'];
const idParam = { path: z.object({ id: z.string() }) };
const statuses = ['queued', 'processing', 'succeeded', 'failed', 'canceled'] as const;
const prefer = z.string().optional().meta({
  description:
    'wait=N: respond with the result if it is ready within N seconds, at most MAX_WAIT_SECONDS (25 by default); Preference-Applied states the limit used',
});

const MAX_TEXT = 256;

export const predictionBody = z
  .strictObject({
    sample_id: z.string().max(MAX_TEXT).optional().meta({ description: "The sender's own reference" }),
    model: z
      .string()
      .max(MAX_TEXT)
      .optional()
      .meta({ description: "name (its champion) or name@version; the tenant's setting by default" }),
    operating_point: z
      .enum(['default', 'sensitivity99'])
      .optional()
      .meta({ description: "The tenant's setting by default" }),
    missing: z
      .enum(['partial', 'reject'])
      .default('partial')
      .meta({ description: 'reject: a record with an unmeasured feature is rejected' }),
    features: z.record(z.string(), z.unknown()).meta({
      description:
        'Every feature of the model by name or alias; a number in its range (a whole number for grades), or null or "?" when not measured',
      example: {
        clump_thickness: 5,
        uniformity_of_cell_size: 1,
        uniformity_of_cell_shape: 1,
        marginal_adhesion: 1,
        single_epithelial_cell_size: 2,
        bare_nuclei: 1,
        bland_chromatin: 3,
        normal_nucleoli: 1,
        mitoses: 1,
      },
    }),
  })
  .meta({ id: 'PredictionBody' });

export type PredictionBody = z.output<typeof predictionBody>;

export const createOperation: Operation = {
  operationId: 'createPrediction',
  summary: 'Predict one record',
  tags,
  requestParams: { header: z.object({ Prefer: prefer, 'Idempotency-Key': idempotencyKey }) },
  requestBody: { required: true, content: { 'application/json': { schema: predictionBody } } },
  responses: {
    201: jsonResponse('Finished while the client waited', prediction),
    202: jsonResponse('Accepted and durable', acceptedPrediction),
    ...problemResponses(400, 401, 403, 408, 409, 413, 415, 422, 503, 507),
  },
};

export const listOperation: Operation = {
  operationId: 'listPredictions',
  summary: 'Predictions, newest first',
  tags,
  requestParams: { query: pageQuery(statuses, 'pred_') },
  responses: { 200: jsonResponse('One page', page(prediction)), ...problemResponses(401, 403, 422, 503) },
};

export const getOperation: Operation = {
  operationId: 'getPrediction',
  summary: 'One prediction with its state and, when finished, its result',
  tags,
  requestParams: idParam,
  responses: { 200: jsonResponse('The prediction', prediction), ...problemResponses(401, 403, 404, 410, 503) },
};

export const cancelOperation: Operation = {
  operationId: 'cancelPrediction',
  summary: 'Cancel a prediction that is not finished',
  tags,
  requestParams: idParam,
  responses: {
    200: jsonResponse('Canceled; no result will be written', prediction),
    ...problemResponses(401, 403, 404, 409, 410, 503),
  },
};

export const deleteOperation: Operation = {
  operationId: 'deletePrediction',
  summary: 'Remove a finished prediction with its result',
  tags,
  requestParams: idParam,
  responses: { 204: { description: 'Nothing of it is left' }, ...problemResponses(401, 403, 404, 409, 410, 503) },
};

const noFurtherEvents = { description: 'Last-Event-ID names the final event; no event follows' };

export const streamOperation: Operation = {
  operationId: 'streamPrediction',
  summary: 'State changes as server-sent events',
  tags,
  requestParams: idParam,
  responses: {
    200: eventStreamResponse('Prediction'),
    204: noFurtherEvents,
    ...problemResponses(401, 403, 404, 410, 503),
  },
};
