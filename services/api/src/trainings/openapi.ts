import { shippedSchemaIds } from '@cytoqueue/schema';
import { z } from 'zod';
import { RAW_TYPES } from '../batches/receive-file';
import { pageQuery } from '../http/pagination';
import { idempotencyKey, page, timestamp } from '../http/response-schemas';
import type { Operation } from '../http/router';
import { eventStreamResponse, jsonResponse, problemResponses } from '../openapi/responses';
import { trainingParameters, trainingQuery } from './parameters';

/** OpenAPI operations and schemas of the training routes. */

const tags = ['trainings'];
const idParam = { path: z.object({ id: z.string() }) };
const count = z.int().min(0);
const text = z.string();

export const trainingSchema = z
  .strictObject({
    id: text,
    status: z.enum(['queued', 'processing', 'succeeded', 'failed', 'canceled']),
    created_at: timestamp,
    completed_at: timestamp.nullable().meta({ description: 'null until the status is final' }),
    name: text.meta({ description: 'Name of the model, without `own/`' }),
    filename: text.nullable().meta({ description: 'As the form names the file' }),
    schema: text.meta({ description: `\`${shippedSchemaIds.join('`, `')}\`, or the id of a custom schema` }),
    label: text.meta({ description: 'Column with the known class' }),
    group: text.nullable().meta({ description: 'Column that identifies the patient' }),
    seed: count.meta({ description: 'Seed of the folds' }),
    data: z
      .strictObject({
        rows: count.meta({ description: 'Data rows of the file' }),
        complete_rows: count.meta({ description: 'Rows without missing features, on which the model is trained' }),
        features: count.meta({ description: 'Number of features' }),
        classes: z.record(text, count).meta({ description: 'Complete rows of each class' }),
        input_sha256: text.meta({ description: 'SHA-256 of the file in hex' }),
      })
      .meta({ description: 'What the file holds' }),
    progress: z.number().min(0).max(1).meta({ description: 'Never falls; 1 only when the status is final' }),
    eta_seconds: count
      .nullable()
      .meta({ description: 'Estimated seconds to the end; null when unknown, 0 when the status is final' }),
    model: text.nullable().meta({ description: 'The new version, such as own/mylab@1' }),
    evaluation: z
      .strictObject({
        folds: count,
        repetitions: count,
        coverage: z.number().min(0).max(1).meta({ description: 'Share of the rows that were answered `confident`' }),
        cv: z.record(text, z.number()).meta({ description: 'Metrics, mean over the repetitions' }),
        cv_intervals: z
          .record(text, z.tuple([z.number(), z.number()]))
          .meta({ description: '95 % confidence intervals for other patients' }),
      })
      .nullable()
      .meta({ description: 'The cross-validation; null until the training has succeeded' }),
    error: z.strictObject({ code: text, detail: text }).nullable().meta({ description: 'Why it failed' }),
    links: z.strictObject({
      self: text,
      events: text.meta({ description: 'Address of the event stream' }),
      model: text.nullable().meta({ description: 'Address of the new version' }),
    }),
  })
  .meta({ id: 'Training' });

const form = {
  type: 'object' as const,
  required: ['file'],
  properties: {
    file: { type: 'string' as const, format: 'binary' },
    name: { type: 'string' as const, description: trainingParameters.shape.name.description },
    schema: { type: 'string' as const, description: trainingParameters.shape.schema.description },
    label: { type: 'string' as const, description: trainingParameters.shape.label.description },
    group: { type: 'string' as const, description: trainingParameters.shape.group.description },
    seed: { type: 'integer' as const, description: trainingParameters.shape.seed.description },
  },
};

const rawBodies = Object.fromEntries(
  RAW_TYPES.map((type) => [type, { schema: { type: 'string' as const, format: 'binary' } }]),
);

export const createOperation: Operation = {
  operationId: 'createTraining',
  summary: 'Train an own model on a labelled file',
  tags,
  requestParams: { query: trainingQuery, header: z.object({ 'Idempotency-Key': idempotencyKey }) },
  requestBody: { required: true, content: { 'multipart/form-data': { schema: form }, ...rawBodies } },
  responses: {
    202: jsonResponse('Accepted: file and rows are durable', trainingSchema),
    ...problemResponses(400, 401, 403, 408, 413, 415, 422, 503, 507),
  },
};

export const listOperation: Operation = {
  operationId: 'listTrainings',
  summary: 'Trainings, newest first',
  tags,
  requestParams: { query: pageQuery(['queued'], 'training_').omit({ status: true }) },
  responses: { 200: jsonResponse('One page', page(trainingSchema)), ...problemResponses(401, 403, 422, 503) },
};

export const getOperation: Operation = {
  operationId: 'getTraining',
  summary: 'One training with its state, progress and evaluation',
  tags,
  requestParams: idParam,
  responses: { 200: jsonResponse('The training', trainingSchema), ...problemResponses(401, 403, 404, 410, 503) },
};

export const streamOperation: Operation = {
  operationId: 'streamTraining',
  summary: 'State and progress as server-sent events',
  tags,
  requestParams: idParam,
  responses: {
    200: eventStreamResponse('Training'),
    204: { description: 'Last-Event-ID names the final event: nothing follows' },
    ...problemResponses(401, 403, 404, 410, 503),
  },
};

export const cancelOperation: Operation = {
  operationId: 'cancelTraining',
  summary: 'Cancel a training: it ends at once and adds no version',
  tags,
  requestParams: idParam,
  responses: { 202: jsonResponse('It is canceled', trainingSchema), ...problemResponses(401, 403, 404, 409, 410, 503) },
};

export const deleteOperation: Operation = {
  operationId: 'deleteTraining',
  summary: 'Remove a finished training with its file; the version that it added stays',
  tags,
  requestParams: idParam,
  responses: { 204: { description: 'Nothing of it is left' }, ...problemResponses(401, 403, 404, 409, 410, 503) },
};
