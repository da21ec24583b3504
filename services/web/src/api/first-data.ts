import type { QueryClient } from '@tanstack/react-query';
import { parseModelReference } from '../models/model-reference';
import { modelVersionQuery, sessionQuery } from './first-queries';

/**
 * Requests what the first page shows before its script has come: the session, and for the form of a record the model.
 * @param path in the app
 */
export async function requestFirstData(queryClient: QueryClient, path: string): Promise<void> {
  // The page asks again and shows the error.
  const session = await queryClient.fetchQuery(sessionQuery).catch(() => null);
  if (!session?.defaults || session.role === 'operator' || !/^\/(predictions\/new)?$/.test(path)) return;
  const { name, version } = parseModelReference(session.defaults.model);
  await queryClient.prefetchQuery(modelVersionQuery(name, version));
}
