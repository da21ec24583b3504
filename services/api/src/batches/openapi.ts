import { z } from 'zod';
import { batch, idempotencyKey, page, preflightReport } from '../http/response-schemas';
import { eventStreamResponse, jsonResponse, rawResponse, problemResponses } from '../openapi/responses';
import { pageQuery } from '../http/pagination';
import type { Operation } from '../http/router';
import { RESULT_FORMATS } from '@cytoqueue/tabular';
import { RAW_TYPES } from './receive-file';

/** OpenAPI operations and query schemas of the batch routes. */

const tags = ['batches'];
const idParam = { path: z.object({ id: z.string() }) };
const idempotencyHeader = z.object({ 'Idempotency-Key': idempotencyKey });
const statuses = [
  'queued',
  'processing',
  'finalizing',
  'succeeded',
  'completed_with_errors',
  'failed',
  'canceling',
  'canceled',
] as const;

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] }).meta({ override: { type: 'boolean' } });

export const uploadQuery = z.strictObject({
  model: z
    .string()
    .max(256)
    .optional()
    .meta({ description: "name (its champion) or name@version; the tenant's setting by default" }),
  operating_point: z
    .enum(['default', 'sensitivity99'])
    .optional()
    .meta({ description: "The tenant's setting by default" }),
  on_error: z
    .enum(['continue', 'abort'])
    .default('continue')
    .meta({ description: 'abort: a single rejected row fails the batch' }),
  formulas: z
    .enum(['escape', 'keep'])
    .default('escape')
    .meta({ description: 'Cells that a spreadsheet would run as formulas: escape or keep them' }),
  missing: z
    .enum(['partial', 'reject'])
    .default('partial')
    .meta({ description: 'reject: rows with an unmeasured feature are not scored' }),
  profile: z.string().max(64).optional().meta({ description: 'Name of an import profile' }),
  sheet: z.string().max(200).optional().meta({ description: 'The sheet of a workbook' }),
  charset: z.string().max(40).optional().meta({ description: 'Encoding of a text file, as in the Content-Type' }),
  on_warning: z
    .enum(['continue', 'abort'])
    .default('continue')
    .meta({ description: 'abort: a file with warnings is refused' }),
  dry_run: flag
    .default(false)
    .meta({ description: 'Validates the file without accepting it; use preflightBatch instead', deprecated: true }),
  explain: flag.default(false).meta({ description: 'Evidence as extra columns, for at most 10,000 rows' }),
});

export const preflightQuery = uploadQuery.omit({ dry_run: true });

export const rescoreQuery = uploadQuery.pick({ model: true, operating_point: true });

const downloadQuery = z.strictObject({
  format: z
    .enum(['csv', 'xlsx', 'jsonl', 'parquet'])
    .optional()
    .meta({ description: 'Default: the format requested by Accept, else csv. Only csv supports byte ranges' }),
  partial: flag
    .default(false)
    .meta({ description: 'Download the results so far of a batch that is unfinished or was canceled' }),
  redirect: flag.default(false).meta({ description: 'Answer with a presigned URL where the store has one (S3)' }),
});

function textOrBytes(type: string): { type: 'string'; format?: 'binary' } {
  return /^text\/|csv$|json/.test(type) ? { type: 'string' } : { type: 'string', format: 'binary' };
}

const fileBody: Operation['requestBody'] = {
  required: true,
  content: {
    ...Object.fromEntries(RAW_TYPES.map((type) => [type, { schema: textOrBytes(type) }])),
    'multipart/form-data': {
      schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
    },
  },
};

export const createOperation: Operation = {
  operationId: 'createBatch',
  summary: 'Upload a file of records: CSV, gzip, zip, xlsx, ods, JSON Lines or Parquet',
  tags,
  requestParams: { query: uploadQuery, header: idempotencyHeader },
  requestBody: fileBody,
  responses: {
    200: jsonResponse('With dry_run=true: the preflight report', preflightReport),
    202: jsonResponse('Accepted: the bytes are durable', batch),
    ...problemResponses(400, 401, 403, 408, 409, 413, 415, 422, 503, 507),
  },
};

export const preflightOperation: Operation = {
  operationId: 'preflightBatch',
  summary: 'Validate a file without creating a batch',
  tags,
  requestParams: { query: preflightQuery },
  requestBody: fileBody,
  responses: {
    200: jsonResponse('The report, also for a file that an upload would reject', preflightReport),
    ...problemResponses(400, 401, 403, 408, 409, 413, 415, 422, 503, 507),
  },
};

export const listOperation: Operation = {
  operationId: 'listBatches',
  summary: 'Batches, newest first',
  tags,
  requestParams: { query: pageQuery(statuses, 'batch_') },
  responses: { 200: jsonResponse('One page', page(batch)), ...problemResponses(401, 403, 422, 503) },
};

export const getOperation: Operation = {
  operationId: 'getBatch',
  summary: 'One batch with its state and counts',
  tags,
  requestParams: idParam,
  responses: { 200: jsonResponse('The batch', batch), ...problemResponses(401, 403, 404, 410, 503) },
};

const noFurtherEvents = { description: 'Last-Event-ID names the final event: nothing follows' };

export const streamOperation: Operation = {
  operationId: 'streamBatch',
  summary: 'State and counts as server-sent events',
  tags,
  requestParams: idParam,
  responses: {
    200: eventStreamResponse('Batch'),
    204: noFurtherEvents,
    ...problemResponses(401, 403, 404, 410, 503),
  },
};

export const cancelOperation: Operation = {
  operationId: 'cancelBatch',
  summary: 'Cancel a batch: running shards finish, queued shards are skipped',
  tags,
  requestParams: idParam,
  responses: { 202: jsonResponse('It will be canceled', batch), ...problemResponses(401, 403, 404, 409, 410, 503) },
};

export const retryOperation: Operation = {
  operationId: 'retryBatch',
  summary: 'Score again what was not scored, in a new run that keeps the rest',
  tags,
  requestParams: idParam,
  responses: { 202: jsonResponse('The next run is open', batch), ...problemResponses(401, 403, 404, 409, 410, 503) },
};

export const deleteOperation: Operation = {
  operationId: 'deleteBatch',
  summary: 'Remove a finished batch with its input and results',
  tags,
  requestParams: idParam,
  responses: { 204: { description: 'Nothing of it is left' }, ...problemResponses(401, 403, 404, 409, 410, 503) },
};

export const rescoreOperation: Operation = {
  operationId: 'rescoreBatch',
  summary: 'Score the same input with another model or operating point, as a new batch that is compared with this one',
  tags,
  requestParams: { ...idParam, query: rescoreQuery, header: idempotencyHeader },
  responses: {
    202: jsonResponse('Accepted as a new batch', batch),
    ...problemResponses(401, 403, 404, 409, 410, 413, 422, 503, 507),
  },
};

export const changesOperation = downloadOperation(
  'getBatchChanges',
  'The rows of a rescored batch whose class has changed',
);
export const resultsOperation = downloadOperation(
  'getBatchResults',
  'Every input row in its order with the result columns',
);
export const errorsOperation = downloadOperation('getBatchErrors', 'The rows that were not scored, and why');

function downloadOperation(operationId: string, summary: string): Operation {
  const responses = {
    200: {
      description: 'The file',
      content: Object.fromEntries(
        ['text/csv', ...Object.values(RESULT_FORMATS).map(({ mediaType }) => mediaType)].map((type) => [
          type,
          { schema: textOrBytes(type) },
        ]),
      ),
    } as const,
    206: rawResponse('One byte range of it', 'text/csv'),
    304: { description: 'Not modified: If-None-Match named the file' },
    303: { description: 'With redirect=true on S3: to a presigned URL' },
    ...problemResponses(401, 403, 404, 409, 410, 416, 422, 503),
  };
  return { operationId, summary, tags, requestParams: { ...idParam, query: downloadQuery }, responses };
}
