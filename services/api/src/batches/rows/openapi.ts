import { z } from 'zod';
import { page, prediction, probabilityFields } from '../../http/response-schemas';
import { jsonResponse, problemResponses } from '../../openapi/responses';
import type { Operation } from '../../http/router';

/** OpenAPI operations and query schemas of a batch's rows. */

const tags = ['batches'];
const { predicted_class, outcome, reasons, missing_features, neighbors, evidence } =
  prediction.shape.result.unwrap().shape;

export const batchRow = z
  .strictObject({
    row: z.int().min(1).meta({ description: '1-based row of the results' }),
    line: z.int().min(1).nullable().meta({
      description:
        "Physical line of the uploaded file, or the sheet's row; null in Parquet, and once the uploaded file has expired",
    }),
    sample_id: z
      .string()
      .nullable()
      .meta({ description: "The cell of the file's identifier column; null without one" }),
    features: prediction.shape.features.meta({
      description: 'By canonical name; null = not measured, or no number in a row that was rejected',
    }),
    result: z
      .strictObject({ predicted_class, ...probabilityFields, outcome, reasons, missing_features })
      .optional()
      .meta({ description: 'Of a row that was scored' }),
    error: z
      .strictObject({ status: z.enum(['rejected', 'failed']), code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Of any other row' }),
  })
  .meta({ id: 'BatchRow' });

/** A row with its evidence. */
export const explainedRow = batchRow
  .extend({ neighbors: neighbors.optional(), evidence: evidence.optional() })
  .meta({ id: 'ExplainedBatchRow' });

const limit = z.int().min(1).max(100).default(20).meta({ description: 'Most items in one page' });
const filters = {
  outcome: z.enum(['confident', 'indeterminate']).optional(),
  predicted_class: z.string().min(1).max(64).optional().meta({ description: 'A class of the model' }),
  reason: z
    .enum(['grey_zone', 'unusual_record'])
    .optional()
    .meta({ description: 'A reason for which the result is indeterminate' }),
};

export const rowsQuery = z.strictObject({
  ...filters,
  limit: z.coerce.number().pipe(limit.unwrap()).default(20).meta({ description: 'Most items in one page' }),
  after: z
    .string()
    .regex(/^\d{1,9}$/, 'is not a row')
    .optional()
    .meta({ description: 'The row after which the page begins' }),
});

export const rowQuery = z.strictObject({
  explain: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .meta({ override: { type: 'boolean' } })
    .default(false)
    .meta({ description: 'Adds neighbors and evidence of a scored row, which a worker computes' }),
});

export const searchBody = z
  .strictObject({
    id_prefix: z.string().min(1).max(256).meta({ description: 'How the identifier begins' }),
    ...filters,
    after: rowsQuery.shape.after,
    limit,
  })
  .meta({ id: 'RowSearchBody' });

const idParam = { path: z.object({ id: z.string() }) };
const pageNote = 'a page may be short, even empty, and be followed by more';

export const listRowsOperation: Operation = {
  operationId: 'listBatchRows',
  summary: `Result rows of a finished batch in the order of the input; ${pageNote}`,
  tags,
  requestParams: { ...idParam, query: rowsQuery },
  responses: { 200: jsonResponse('One page', page(batchRow)), ...problemResponses(401, 403, 404, 409, 410, 422, 503) },
};

export const getRowOperation: Operation = {
  operationId: 'getBatchRow',
  summary: 'One result row of a finished batch, with its evidence on request; Prefer: wait=N waits for it',
  tags,
  requestParams: { path: z.object({ id: z.string(), row: z.string() }), query: rowQuery },
  responses: {
    200: jsonResponse('The row', explainedRow),
    202: jsonResponse('The row; its evidence is being computed', batchRow, {
      'Retry-After': { schema: { type: 'string' } },
    }),
    ...problemResponses(401, 403, 404, 409, 410, 422, 503, 507),
  },
};

export const searchRowsOperation: Operation = {
  operationId: 'searchBatchRows',
  summary: `Result rows of a finished batch by the beginning of their identifier; ${pageNote}`,
  tags,
  requestParams: idParam,
  requestBody: { required: true, content: { 'application/json': { schema: searchBody } } },
  responses: {
    200: jsonResponse('One page', page(batchRow)),
    ...problemResponses(400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 503),
  },
};
