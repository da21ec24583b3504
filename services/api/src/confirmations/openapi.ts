import { z } from 'zod';
import { idempotencyKey, page, probabilityFields, timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { Operation } from '../http/router';
import { pageQuery } from '../http/pagination';
import { periodQuery } from '../scored-days/period';

/** How the routes of confirmed diagnoses are documented, and what their bodies and queries may hold. */

const tags = ['confirmations'];
const idParam = { path: z.object({ id: z.string() }) };
const label = z.string().min(1).max(64);
const operatingPoint = z.enum(['default', 'sensitivity99']);
const text = z.string().trim().min(1).max(256);

export const MAX_ROWS = 10_000;

export const confirmationBody = z
  .strictObject({
    prediction_id: text.optional(),
    batch_id: text.optional(),
    row: z.int().min(1).optional().meta({ description: 'Of the batch, as its results number it' }),
    sample_id: text.optional().meta({ description: 'Instead of the row, where it stands once in the batch' }),
    confirmed_class: label.meta({ description: 'A class of the model', example: 'malignant' }),
    confirmed_at: z.iso.date().optional().meta({ description: 'Day of the diagnosis; today (UTC) when left out' }),
  })
  .superRefine((body, context) => {
    const { prediction_id, batch_id, row, sample_id } = body;
    const isPrediction = prediction_id !== undefined && [batch_id, row, sample_id].every((it) => it === undefined);
    const isRow =
      batch_id !== undefined && prediction_id === undefined && (row === undefined) !== (sample_id === undefined);
    if (isPrediction || isRow) return;
    context.addIssue({
      code: 'custom',
      path: ['prediction_id'],
      message: 'name a prediction_id, or a batch_id with either row or sample_id',
    });
  })
  .meta({ id: 'ConfirmationBody' });

export type ConfirmationBody = z.output<typeof confirmationBody>;

export const confirmation = z
  .strictObject({
    id: z.string(),
    created_at: timestamp,
    prediction_id: z.string().optional(),
    batch_id: z.string().optional(),
    row: z.int().min(1).optional(),
    predicted_at: timestamp.meta({ description: 'When the prediction or batch was accepted' }),
    model: z.string().meta({ example: 'wbc-knn@1.1.0' }),
    operating_point: operatingPoint,
    predicted_class: label,
    ...probabilityFields,
    outcome: z.enum(['confident', 'indeterminate']),
    confirmed_class: label,
    confirmed_at: z.iso.date(),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'Confirmation', description: 'A confirmed diagnosis; it holds neither features nor the sample id' });

export const confirmationReport = z
  .strictObject({
    accepted: z.int().min(0),
    rejected: z.int().min(0),
    errors: z
      .array(z.strictObject({ row: z.int().min(1), code: z.string(), detail: z.string() }))
      .meta({ description: 'Rows of the file that were not accepted, the first hundred' }),
  })
  .meta({ id: 'ConfirmationReport' });

const estimate = z
  .strictObject({ value: z.number(), low: z.number(), high: z.number() })
  .nullable()
  .meta({ description: 'With its 95 % interval; null where nothing was confirmed' });
const count = z.int().min(0);

const performanceEntry = z
  .strictObject({
    model: z.string(),
    operating_point: operatingPoint,
    outcome: z.enum(['all', 'confident', 'indeterminate']),
    predicted: count.meta({ description: 'Records that were scored in the period' }),
    confirmed: count,
    true_positive: count,
    false_negative: count,
    true_negative: count,
    false_positive: count,
    sensitivity: estimate,
    specificity: estimate,
    brier: estimate,
    calibration: z
      .array(
        z.strictObject({
          from: z.number(),
          to: z.number(),
          count,
          mean_probability: z.number().nullable(),
          observed: estimate,
        }),
      )
      .meta({ description: 'Tenths of the scale of probabilities, with the share that was of the positive class' }),
  })
  .meta({ id: 'PerformanceEntry' });

export const performance = z
  .strictObject({
    updated_at: timestamp.nullable().meta({ description: 'When the summaries last changed; null before the first' }),
    data: z.array(performanceEntry),
    notes: z.array(z.strictObject({ code: z.string(), text: z.string() })),
  })
  .meta({
    id: 'Performance',
    description: 'Figures of confirmed predictions only; `notes` say what follows from that',
  });

export type PerformanceEntry = z.output<typeof performanceEntry>;
export type Performance = z.output<typeof performance>;

export const createOperation: Operation = {
  operationId: 'createConfirmation',
  summary: `Store confirmed diagnoses: one as JSON, or up to ${MAX_ROWS} as CSV`,
  tags,
  requestParams: { header: z.object({ 'Idempotency-Key': idempotencyKey }) },
  requestBody: {
    required: true,
    content: { 'application/json': { schema: confirmationBody }, 'text/csv': { schema: { type: 'string' } } },
  },
  responses: {
    200: jsonResponse('The rows of a CSV that were accepted, and those that were not', confirmationReport),
    201: jsonResponse('Stored', confirmation),
    ...problemResponses(400, 401, 403, 404, 408, 409, 413, 415, 422, 503, 507),
  },
};

export const listQuery = pageQuery(['accepted'], 'conf_').omit({ status: true });

export const listOperation: Operation = {
  operationId: 'listConfirmations',
  summary: 'Confirmed diagnoses, newest first',
  tags,
  requestParams: { query: listQuery },
  responses: { 200: jsonResponse('One page', page(confirmation)), ...problemResponses(401, 403, 422, 503) },
};

export const getOperation: Operation = {
  operationId: 'getConfirmation',
  summary: 'One confirmed diagnosis',
  tags,
  requestParams: idParam,
  responses: { 200: jsonResponse('The confirmation', confirmation), ...problemResponses(401, 403, 404, 409, 410, 503) },
};

export const deleteOperation: Operation = {
  operationId: 'deleteConfirmation',
  summary: 'Remove a confirmed diagnosis; the one before it for the same prediction counts again',
  tags,
  requestParams: idParam,
  responses: { 204: { description: 'It is removed' }, ...problemResponses(401, 403, 404, 409, 410, 503) },
};

export const performanceOperation: Operation = {
  operationId: 'getPerformance',
  summary: 'How the answers compare with the confirmed diagnoses, by model version and operating point',
  tags,
  requestParams: { query: periodQuery },
  responses: { 200: jsonResponse('The figures', performance), ...problemResponses(401, 403, 409, 422, 503) },
};
