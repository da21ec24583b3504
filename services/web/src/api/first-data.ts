import type { QueryClient } from '@tanstack/react-query';
import { parseModelReference } from '../models/model-reference';
import { batchesQuery, modelVersionQuery, sessionQuery, worklistQuery } from './first-queries';

/** Pages that open often at the start, besides the form of a record, whose script comes with the one of all pages. */
const LISTS = {
  '/batches': {
    loadScript: () => import('../batches/batches-page'),
    request: (queryClient: QueryClient) => queryClient.prefetchInfiniteQuery(batchesQuery),
  },
  '/worklist': {
    loadScript: () => import('../worklist/worklist-page'),
    request: (queryClient: QueryClient) => queryClient.prefetchInfiniteQuery(worklistQuery('indeterminate')),
  },
};

/**
 * Requests what the first page shows before its script has come: the session; for the form of a record the model; for a list
 * its script and items.
 * @param path in the app
 */
export async function requestFirstData(queryClient: QueryClient, path: string): Promise<void> {
  const list = path in LISTS ? LISTS[path as keyof typeof LISTS] : undefined;
  // Pages ask again for what failed, and show the error.
  list?.loadScript().catch(() => undefined);
  const session = await queryClient.fetchQuery(sessionQuery).catch(() => null);
  if (!session?.defaults || session.role === 'operator') return;
  if (list !== undefined) await list.request(queryClient);
  if (!/^\/(predictions\/new)?$/.test(path)) return;
  const { name, version } = parseModelReference(session.defaults.model);
  await queryClient.prefetchQuery(modelVersionQuery(name, version));
}
