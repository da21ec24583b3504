import type { z } from 'zod';
import { setNextLink } from '../http/pagination';
import type { HandlerContext, Route } from '../http/router';
import { worklistOperation, type worklistQuery } from './openapi';
import { Worklist, type WorklistCursor, type WorklistDeps } from './worklist';

export function worklistRoutes(deps: WorklistDeps): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/worklist',
      access: 'patient-data',
      operation: worklistOperation,
      handle: (context) => listWorklist(deps, context),
    },
  ];
}

async function listWorklist(
  deps: WorklistDeps,
  { request, response, query, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const { outcome, limit, after } = query as z.output<typeof worklistQuery>;
  const worklist = new Worklist(deps, principal.tenant, outcome);
  const { data, last, hasMore } = await worklist.page(after === undefined ? undefined : parseCursor(after), limit);
  const lastId = last === undefined ? null : formatCursor(last);
  if (hasMore && lastId !== null)
    setNextLink(request, response, { limit: String(limit), after: lastId, ...(outcome && { outcome }) });
  await auditEntry.recordDurably();
  response.json({ data, has_more: hasMore, last_id: lastId });
}

function parseCursor(text: string): WorklistCursor {
  const [id = '', row] = text.split('.');
  return { id, ...(row === undefined ? {} : { row: Number(row) }) };
}

function formatCursor({ id, row }: WorklistCursor): string {
  return row === undefined ? id : `${id}.${row}`;
}
