import { z } from 'zod';
import { page, timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { Operation } from '../http/router';

const outcome = z.enum(['confident', 'indeterminate']);

export const worklistItem = z
  .strictObject({
    id: z.string().meta({ description: 'Of this item, for `after`' }),
    prediction_id: z.string().optional().meta({ description: 'Of a single record' }),
    batch_id: z.string().optional().meta({ description: 'Of a row of a batch, as is `row`' }),
    row: z.int().min(1).optional(),
    filename: z.string().nullable().optional().meta({ description: "Of a row: the batch's file; null for a raw body" }),
    sample_id: z.string().nullable(),
    outcome,
    reasons: z.array(z.string()),
    probability: z.number().min(0).max(1).meta({ description: 'Of malignancy' }),
    created_at: timestamp.meta({ description: 'When the record or batch was accepted' }),
  })
  .meta({ id: 'WorklistItem' });

const WORKLIST_CURSOR = /^(pred_[0-7][0-9a-hjkmnp-tv-z]{25}|batch_[0-7][0-9a-hjkmnp-tv-z]{25}\.[1-9]\d{0,8})$/;

export const worklistQuery = z.strictObject({
  outcome: outcome.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Most items in one page' }),
  after: z.string().regex(WORKLIST_CURSOR, 'is not an id of this list').optional(),
});

export const worklistOperation: Operation = {
  operationId: 'listWorklist',
  summary:
    'Scored records and rows without a review, newest record or batch first, input order within a batch; a page may be short, even empty, and be followed by more',
  tags: ['reviews'],
  requestParams: { query: worklistQuery },
  responses: { 200: jsonResponse('One page', page(worklistItem)), ...problemResponses(401, 403, 422, 503) },
};
