import { ObjectKeys, readDocumentBytes } from '@cytoqueue/records';
import { ObjectNotFoundError } from '@cytoqueue/storage';
import type { z } from 'zod';
import { readJson } from '../../http/json-body';
import { setNextLink } from '../../http/pagination';
import { Problem } from '../../http/problem';
import { type HandlerContext, type Route, validateInput } from '../../http/router';
import { preferredWaitSeconds } from '../../http/prefer';
import { BatchRows, type BatchRowsDeps, type RowPage } from './batch-rows';
import {
  getRowOperation,
  listRowsOperation,
  type rowQuery,
  type rowsQuery,
  searchBody,
  searchRowsOperation,
} from './openapi';
import { type RowEvidenceDeps, explainRow } from './row-evidence';

type RowRouteDeps = BatchRowsDeps & RowEvidenceDeps & { maxWaitSeconds: number };

const path = '/v1/batches/{id}/rows';
/** How long a request for evidence waits unless it says so: a worker that is idle needs some 20 ms. */
const DEFAULT_WAIT_SECONDS = 2;

export function batchRowRoutes(deps: RowRouteDeps): Route[] {
  const access = 'patient-data';
  const assertExists = (tenant: string, id: string) =>
    readDocumentBytes(deps.store, ObjectKeys.batchDocument(tenant, id));
  return [
    {
      method: 'get',
      path,
      access,
      assertExists,
      operation: listRowsOperation,
      handle: (context) => listRows(deps, context),
    },
    {
      method: 'post',
      path: `${path}/search`,
      access,
      assertExists,
      operation: searchRowsOperation,
      handle: (context) => searchRows(deps, context),
    },
    {
      method: 'get',
      path: `${path}/{row}`,
      access,
      assertExists,
      operation: getRowOperation,
      handle: (context) => getRow(deps, context),
    },
  ];
}

async function listRows(
  deps: BatchRowsDeps,
  { request, response, params, query, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { limit, after, ...filter } = query as z.output<typeof rowsQuery>;
  const rows = await BatchRows.open(deps, principal.tenant, params.id);
  const found = await rows.page(filter, { after: Number(after ?? 0), limit });
  if (found.hasMore && found.lastRow !== null)
    setNextLink(request, response, { limit: String(limit), after: String(found.lastRow), ...filter });
  const data = await rows.complete(found.data);
  await auditEntry.recordDurably();
  response.json(toPage({ ...found, data }));
}

async function searchRows(
  deps: BatchRowsDeps,
  { request, response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const rows = await BatchRows.open(deps, principal.tenant, params.id);
  const { limit, after, ...filter } = validateInput(searchBody, await readJson(request, response), 'field');
  if (!rows.hasIds) throw noIdColumn();
  const found = await rows.page(filter, { after: Number(after ?? 0), limit });
  const data = await rows.complete(found.data);
  await auditEntry.recordDurably();
  response.json(toPage({ ...found, data }));
}

/** 200; or 202 with the row alone while a worker computes the evidence that was asked for. */
async function getRow(
  deps: RowRouteDeps,
  { request, response, params, query, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { explain } = query as z.output<typeof rowQuery>;
  const { tenant } = principal;
  const rows = await BatchRows.open(deps, tenant, params.id);
  const found = await rows.find(parseRowNumber(params.row));
  const [row = found] = await rows.complete([found]);
  if (!explain || row.result === undefined) {
    await auditEntry.recordDurably();
    response.json(row);
    return;
  }
  const waitSeconds = preferredWaitSeconds(request.get('Prefer'), deps.maxWaitSeconds);
  if (waitSeconds !== undefined) response.set('Preference-Applied', `wait=${waitSeconds}`);
  const target = { tenant, batchId: params.id, row: row.row };
  const timeoutMs = (waitSeconds ?? Math.min(DEFAULT_WAIT_SECONDS, deps.maxWaitSeconds)) * 1_000;
  const explained = await explainRow(deps, target, { timeoutMs, isAbandoned: () => response.closed });
  await auditEntry.recordDurably();
  if (explained === undefined) response.status(202).set('Retry-After', '1').json(row);
  else response.json({ ...row, ...explained });
}

/** @throws ObjectNotFoundError for text that is no row number */
export function parseRowNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ObjectNotFoundError('row');
  return Number(text);
}

function toPage({ data, hasMore, lastRow }: RowPage) {
  return { data, has_more: hasMore, last_id: lastRow === null ? null : String(lastRow) };
}

function noIdColumn(): Problem {
  const detail = 'the file of this batch has no identifier column';
  return new Problem('invalid-request', detail, { errors: [{ field: 'id_prefix', code: 'no-id-column', detail }] });
}
