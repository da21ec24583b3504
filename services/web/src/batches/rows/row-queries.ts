import type { RowListOptions } from '@cytoqueue/client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { noRetryClient } from '../../api/clients';
import { firstFilledPage } from '../../api/first-filled-page';

const PAGE_SIZE = 25;
const EVIDENCE_INTERVAL_MS = 1_000;

export type RowFilter = Pick<RowListOptions, 'outcome' | 'predicted_class' | 'reason'>;

/**
 * Result rows in the order of the file.
 * @param run changes when a retry replaces the results
 * @param idPrefix beginning of the identifier; empty for all rows
 */
export function useBatchRows(id: string, run: string, filter: RowFilter, idPrefix: string) {
  return useInfiniteQuery({
    queryKey: ['batch-rows', id, run, filter, idPrefix],
    queryFn: ({ pageParam, signal }) => {
      const options = { limit: PAGE_SIZE, ...filter, signal };
      return firstFilledPage(pageParam, (after) => {
        const from = after === '' ? options : { ...options, after };
        return idPrefix === ''
          ? noRetryClient.listRows(id, from)
          : noRetryClient.searchRows(id, { ...from, id_prefix: idPrefix });
      });
    },
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    staleTime: Infinity,
  });
}

/** @param run changes when a retry replaces the results; undefined while the batch is not known */
export function useBatchRow(id: string, run: string | undefined, row: number) {
  return useQuery({
    queryKey: ['batch-row', id, run, row],
    queryFn: ({ signal }) => noRetryClient.getRow(id, row, { signal }),
    staleTime: Infinity,
    enabled: run !== undefined,
  });
}

/** Asks again while a worker still computes the evidence. */
export function useRowEvidence(id: string, run: string, row: number) {
  return useQuery({
    queryKey: ['row-evidence', id, run, row],
    queryFn: ({ signal }) => noRetryClient.getRow(id, row, { explain: true, signal }),
    staleTime: ({ state }) => (state.data?.evidence === undefined ? 0 : Infinity),
    refetchInterval: ({ state }) =>
      state.data !== undefined && state.data.evidence === undefined ? EVIDENCE_INTERVAL_MS : false,
  });
}

/** The next undecided row in the order of the file; null behind the last one. */
export function useNextUndecidedRow(id: string, run: string, row: number) {
  return useQuery({
    queryKey: ['next-undecided', id, run, row],
    queryFn: async ({ signal }) => {
      const { data } = await firstFilledPage(String(row), (after) =>
        noRetryClient.listRows(id, { outcome: 'indeterminate', limit: 1, after, signal }),
      );
      return data[0]?.row ?? null;
    },
    staleTime: Infinity,
  });
}
