import type { Page, Session } from '@cytoqueue/client';
import { isUnauthorized, noRetryClient } from './clients';
import { firstFilledPage } from './first-filled-page';
import { SESSION_KEY } from './query-client';

interface QueryContext {
  signal: AbortSignal;
}

/** The session; null when signed out. */
export const sessionQuery = {
  queryKey: SESSION_KEY,
  queryFn: async ({ signal }: QueryContext): Promise<Session | null> => {
    try {
      return await noRetryClient.session({ signal });
    } catch (error) {
      if (isUnauthorized(error)) return null;
      throw error;
    }
  },
  staleTime: Infinity,
};

/** A version never changes. */
export function modelVersionQuery(name: string, version: string) {
  return {
    queryKey: ['version', name, version],
    queryFn: ({ signal }: QueryContext) => noRetryClient.getModelVersion(name, version, { signal }),
    staleTime: Infinity,
  };
}

const BATCHES_PER_PAGE = 20;
const ITEMS_PER_PAGE = 25;

export const BATCHES_KEY = ['batches'] as const;
export const WORKLIST_KEY = ['worklist'] as const;

interface PageContext extends QueryContext {
  pageParam: string;
}

const listOptions = {
  // A list that was requested before the page's script came is not requested again; changes made here invalidate it.
  staleTime: 5_000,
  initialPageParam: '',
  getNextPageParam: (page: Page<unknown>) => (page.has_more ? (page.last_id ?? undefined) : undefined),
};

const startingAfter = (after: string) => (after === '' ? {} : { after });

/** The batches, newest first. */
export const batchesQuery = {
  queryKey: BATCHES_KEY,
  queryFn: ({ pageParam, signal }: PageContext) =>
    noRetryClient.listBatches({ limit: BATCHES_PER_PAGE, ...startingAfter(pageParam), signal }),
  ...listOptions,
};

/** Results without a review; of either outcome unless one is given. */
export function worklistQuery(outcome?: 'confident' | 'indeterminate') {
  return {
    queryKey: [...WORKLIST_KEY, outcome],
    queryFn: ({ pageParam, signal }: PageContext) =>
      firstFilledPage(pageParam, (after) =>
        noRetryClient.worklist({ limit: ITEMS_PER_PAGE, ...startingAfter(after), ...(outcome && { outcome }), signal }),
      ),
    ...listOptions,
  };
}
