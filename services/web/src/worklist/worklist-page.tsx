import type { WorklistItem } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { noRetryClient } from '../api/clients';
import { firstFilledPage } from '../api/first-filled-page';
import { rowTitle } from '../batches/rows/row-labels';
import { isUnusual, reasonLabel } from '../predictions/result/reason-labels';
import { WORKLIST_KEY } from '../reviews/review-queries';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/error-notice';
import { formatCount, formatDateTime, formatProbability, pluralize } from '../ui/format';
import { Loading } from '../ui/loading';
import { usePageTitle } from '../ui/page-title';
import { TableScroll } from '../ui/table-scroll';

const PAGE_SIZE = 25;

const FILTERS = { indeterminate: 'Undecided', confident: 'Confident', all: 'All' } as const;
type Filter = keyof typeof FILTERS;

/** Scored records and rows without a review, newest first. */
export function WorklistPage() {
  usePageTitle('Worklist');
  const [filter, setFilter] = useState<Filter>('indeterminate');
  const query = useInfiniteQuery({
    queryKey: [...WORKLIST_KEY, filter],
    queryFn: ({ pageParam, signal }) =>
      firstFilledPage(pageParam, (after) =>
        noRetryClient.worklist({
          limit: PAGE_SIZE,
          ...(after === '' ? {} : { after }),
          ...(filter === 'all' ? {} : { outcome: filter }),
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const items = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className="page">
      <h1>Worklist</h1>
      <p className="lead">
        Results without a review, from single records and files, the newest first. Open one to record a second reader’s
        decision; it then leaves this list.
      </p>
      <fieldset className="choices">
        <legend className="visually-hidden">Show results</legend>
        {Object.entries(FILTERS).map(([name, label]) => (
          <label key={name} className="choice">
            <input
              type="radio"
              name="worklist-filter"
              checked={filter === name}
              onChange={() => setFilter(name as Filter)}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {query.isError && (
        <ErrorNotice
          error={query.error}
          what="The worklist could not be loaded."
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && items.length === 0 && !query.hasNextPage && (
        <p className="empty">Nothing waits for a review.</p>
      )}
      {items.length > 0 && (
        <>
          <p role="status" className="small muted">
            {query.hasNextPage
              ? `The newest ${formatCount(items.length)}.`
              : `${pluralize(items.length, { one: 'result', other: 'results' })}.`}
          </p>
          <WorklistTable items={items} />
        </>
      )}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}

function WorklistTable({ items }: { items: readonly WorklistItem[] }) {
  return (
    <TableScroll label="Worklist">
      <table className="list cards">
        <thead>
          <tr>
            <th scope="col">Reference</th>
            <th scope="col">Source</th>
            <th scope="col">Reason</th>
            <th scope="col" className="number">
              Probability of malignancy
            </th>
            <th scope="col">Sent</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <th scope="row" translate="no">
                <Link to={addressOf(item)}>{titleOf(item)}</Link>
              </th>
              <td data-label="Source">
                {item.row === undefined ? 'single record' : `file, row ${formatCount(item.row)}`}
              </td>
              <td data-label="Reason">
                <span>
                  {isUnusual(item.reasons) && <span className="chip warning">Unusual record</span>}{' '}
                  {item.outcome === 'confident'
                    ? 'none, confident result'
                    : item.reasons
                        .map(reasonLabel)
                        .filter((label) => label !== 'Unusual record')
                        .join('; ')}
                </span>
              </td>
              <td data-label="Probability" className="number" translate="no">
                {formatProbability(item.probability)}
              </td>
              <td data-label="Sent" className="nowrap">
                {formatDateTime(item.created_at)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function titleOf({ sample_id, row }: WorklistItem): string {
  if (row !== undefined) return rowTitle({ sample_id, row });
  return sample_id ?? 'no reference';
}

function addressOf({ prediction_id, batch_id, row }: WorklistItem): string {
  return prediction_id === undefined ? `/batches/${batch_id}/rows/${row}` : `/predictions/${prediction_id}`;
}
