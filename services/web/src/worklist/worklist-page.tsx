import type { WorklistItem } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { worklistQuery } from '../api/first-queries';
import { rowTitle } from '../batches/rows/row-labels';
import { isUnusual, otherReasonLabels } from '../predictions/result/reason-labels';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/error-notice';
import { formatCount, formatDateTime, formatProbability } from '../ui/format';
import { Loading } from '../ui/loading';
import { usePageTitle } from '../ui/page-title';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

type Filter = keyof typeof TEXTS.filters;

/** Scored records and rows without a review, newest first. */
export function WorklistPage() {
  usePageTitle(TEXTS.title);
  const [filter, setFilter] = useState<Filter>('indeterminate');
  const query = useInfiniteQuery(worklistQuery(filter === 'all' ? undefined : filter));
  const items = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className={ui.page}>
      <h1>{TEXTS.title}</h1>
      <p className={ui.lead}>{TEXTS.lead}</p>
      <fieldset className={ui.choices}>
        <legend className={ui.visuallyHidden}>{TEXTS.filter}</legend>
        {Object.entries(TEXTS.filters).map(([name, label]) => (
          <label key={name} className={ui.choice}>
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
        <ErrorNotice error={query.error} what={TEXTS.loadFailed} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && items.length === 0 && !query.hasNextPage && <p className={ui.empty}>{TEXTS.empty}</p>}
      {items.length > 0 && (
        <>
          <p role="status" className={ui.note}>
            {TEXTS.shown(items.length, query.hasNextPage)}
          </p>
          <WorklistTable items={items} />
        </>
      )}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {TEXTS.showMore}
        </Button>
      )}
    </div>
  );
}

function WorklistTable({ items }: { items: readonly WorklistItem[] }) {
  return (
    <TableScroll label={TEXTS.title}>
      <table className={`${ui.list} ${ui.cards}`}>
        <thead>
          <tr>
            <th scope="col">{TEXTS.reference}</th>
            <th scope="col">{TEXTS.source}</th>
            <th scope="col">{TEXTS.reason}</th>
            <th scope="col" className={ui.number}>
              {TEXTS.probabilityOfMalignancy}
            </th>
            <th scope="col">{TEXTS.sent}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <th scope="row" translate="no">
                <Link to={addressOf(item)}>{titleOf(item)}</Link>
              </th>
              <td data-label={TEXTS.source}>
                <WorklistSource item={item} />
              </td>
              <td data-label={TEXTS.reason}>
                <span>
                  {isUnusual(item.reasons) && <span className={`${ui.chip} ${ui.chipWarning}`}>{TEXTS.unusual}</span>}{' '}
                  {item.outcome === 'confident' ? TEXTS.noReason : otherReasonLabels(item.reasons).join('; ')}
                </span>
              </td>
              <td data-label={TEXTS.probability} className={ui.number} translate="no">
                {formatProbability(item.probability)}
              </td>
              <td data-label={TEXTS.sent} className={ui.nowrap}>
                {formatDateTime(item.created_at)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function WorklistSource({ item: { batch_id, row, filename } }: { item: WorklistItem }) {
  if (row === undefined) return <span>{TEXTS.singleRecord}</span>;
  return (
    <span>
      <Link to={`/batches/${batch_id}`}>
        {typeof filename === 'string' ? <span translate="no">{filename}</span> : TEXTS.unnamedFile}
      </Link>{' '}
      <span className={ui.nowrap}>{TEXTS.row(formatCount(row))}</span>
    </span>
  );
}

function titleOf({ sample_id, row }: WorklistItem): string {
  if (row !== undefined) return rowTitle({ sample_id, row });
  return sample_id ?? TEXTS.noReference;
}

function addressOf({ prediction_id, batch_id, row }: WorklistItem): string {
  return prediction_id === undefined ? `/batches/${batch_id}/rows/${row}` : `/predictions/${prediction_id}`;
}
