import { ObjectKeys, readDocumentBytes } from '@cytoqueue/records';
import { ObjectNotFoundError } from '@cytoqueue/storage';
import type { z } from 'zod';
import { readJson } from '../../http/json-body';
import { setNextLink } from '../../http/pagination';
import { Problem } from '../../http/problem';
import { type HandlerContext, type Route, parse } from '../../http/router';
import { BatchRows, type BatchRowsDeps, type RowPage } from './batch-rows';
import { getRowOperation, listRowsOperation, type rowsQuery, searchBody, searchRowsOperation } from './openapi';

const path = '/v1/batches/{id}/rows';

export function batchRowRoutes(deps: BatchRowsDeps): Route[] {
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
  await auditEntry.recordDone();
  response.json(toPage(found));
}

async function searchRows(
  deps: BatchRowsDeps,
  { request, response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const rows = await BatchRows.open(deps, principal.tenant, params.id);
  const { limit, after, ...filter } = parse(searchBody, await readJson(request, response), 'field');
  if (!rows.hasIds) throw noIdColumn();
  const found = await rows.page(filter, { after: Number(after ?? 0), limit });
  await auditEntry.recordDone();
  response.json(toPage(found));
}

async function getRow(deps: BatchRowsDeps, { response, params, principal, auditEntry }: HandlerContext): Promise<void> {
  const rows = await BatchRows.open(deps, principal.tenant, params.id);
  const found = await rows.find(parseRowNumber(params.row));
  await auditEntry.recordDone();
  response.json(found);
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
