import { z } from 'zod';
import { fileDrift } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { Operation } from '../http/router';
import { periodQuery } from './period';

/** How the operations on counts by day are documented and what they take. */

const count = z.int().min(0);

export const driftReport = z
  .strictObject({
    data: z.array(
      z.strictObject({
        week: z.string().meta({ description: 'ISO 8601, UTC', example: '2026-W47' }),
        model: z.string().meta({ example: 'wbc-knn@1.1.0' }),
        records: count.meta({ description: 'Scored records and rows' }),
        verdict: fileDrift.shape.verdict,
        columns: fileDrift.shape.columns,
      }),
    ),
    histograms: z
      .record(
        z.string(),
        z.record(
          z.string(),
          z.array(z.strictObject({ from: z.number().nullable(), to: z.number().nullable(), count: z.int().min(20) })),
        ),
      )
      .meta({
        description:
          'Values of the whole period by model version and feature; `from` and `to` are null for values that were not measured. Bins with fewer than 20 records are left out',
      }),
  })
  .meta({
    id: 'DriftReport',
    description: 'How the values of each week compare with the training data of the model that scored them',
  });

export type DriftReport = z.output<typeof driftReport>;

export const driftOperation: Operation = {
  operationId: 'getDrift',
  summary: 'Drift of the scored records by week, of the last 90 days; of a period, the days (UTC) that begin in it',
  tags: ['confirmations'],
  requestParams: { query: periodQuery },
  responses: { 200: jsonResponse('The drift', driftReport), ...problemResponses(401, 403, 409, 422, 503) },
};
