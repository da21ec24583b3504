import type { PerformanceEntry } from '@cytoqueue/client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { noRetryClient } from '../api/clients';
import { firstFilledPage } from '../api/first-filled-page';

export const PERFORMANCE_KEY = ['performance'] as const;

const MONTHS = 6;
const CONFIRMATIONS_PAGE_SIZE = 25;

export function usePerformance() {
  return useQuery({
    queryKey: [...PERFORMANCE_KEY, 'all'],
    queryFn: ({ signal }) => noRetryClient.performance({ signal }),
  });
}

export interface MonthlyFigures {
  /** First day, `2026-11-01T00:00:00.000Z`. */
  month: string;
  /** All answers of each model version and operating point. */
  entries: PerformanceEntry[];
}

/** The last six months by time of prediction, oldest first. */
export function useMonthlyPerformance() {
  return useQuery({
    queryKey: [...PERFORMANCE_KEY, 'months'],
    queryFn: ({ signal }) =>
      Promise.all(
        lastMonths(new Date()).map(async ([month, to]): Promise<MonthlyFigures> => {
          const { data } = await noRetryClient.performance({ from: month, to, signal });
          return { month, entries: data.filter(({ outcome }) => outcome === 'all') };
        }),
      ),
  });
}

/** Start and end of each month, UTC. */
function lastMonths(now: Date): [from: string, to: string][] {
  const start = (age: number): string =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - age)).toISOString();
  return Array.from({ length: MONTHS }, (_, index): [string, string] => {
    const age = MONTHS - 1 - index;
    return [start(age), start(age - 1)];
  });
}

export function useDrift() {
  return useQuery({ queryKey: ['drift'], queryFn: ({ signal }) => noRetryClient.drift({ signal }) });
}

/** The confirmed diagnoses, newest first. */
export function useConfirmations() {
  return useInfiniteQuery({
    queryKey: [...PERFORMANCE_KEY, 'confirmations'],
    queryFn: ({ pageParam, signal }) =>
      firstFilledPage(pageParam, (after) =>
        noRetryClient.listConfirmations({
          limit: CONFIRMATIONS_PAGE_SIZE,
          ...(after === '' ? {} : { after }),
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
}
