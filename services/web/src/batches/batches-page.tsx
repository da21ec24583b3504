import { type Batch, isBatchFinished } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { batchesQuery } from '../api/first-queries';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatCount, formatDateTime } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

const POLL_INTERVAL_MS = 3_000;

export function BatchesPage() {
  usePageTitle(TEXTS.batches);
  const query = useInfiniteQuery({
    ...batchesQuery,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some((batch) => !isBatchFinished(batch))) ? POLL_INTERVAL_MS : false,
  });
  const batches = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className={ui.page}>
      <header className={ui.pageHead}>
        <h1>{TEXTS.batches}</h1>
        <div className={ui.actions}>
          <Link to="/import-profiles" className={`${ui.button} ${ui.quiet}`}>
            {TEXTS.batchesPage.importProfiles}
          </Link>
          <Link to="/batches/new" className={`${ui.button} ${ui.primary}`}>
            {TEXTS.batchesPage.upload}
          </Link>
        </div>
      </header>
      {query.isError && (
        <ErrorNotice error={query.error} what={TEXTS.batchesPage.loadFailed} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && batches.length === 0 && !query.hasNextPage && (
        <p className={ui.empty}>
          {TEXTS.batchesPage.empty((text) => (
            <Link to="/batches/new">{text}</Link>
          ))}
        </p>
      )}
      {batches.length > 0 && <BatchTable batches={batches} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {TEXTS.batchesPage.showOlder}
        </Button>
      )}
    </div>
  );
}

function BatchTable({ batches }: { batches: Batch[] }) {
  return (
    <TableScroll label={TEXTS.batches}>
      <table className={ui.list}>
        <thead>
          <tr>
            <th scope="col">{TEXTS.batchesPage.file}</th>
            <th scope="col">{TEXTS.batchesPage.state}</th>
            <th scope="col" className={ui.number}>
              {TEXTS.batchesPage.rows}
            </th>
            <th scope="col" className={ui.number}>
              {TEXTS.batchesPage.results}
            </th>
            <th scope="col" className={ui.number}>
              {TEXTS.batchesPage.notScored}
            </th>
            <th scope="col">{TEXTS.batchesPage.sent}</th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <tr key={batch.id}>
              <th scope="row">
                <Link to={`/batches/${batch.id}`}>{batch.filename ?? TEXTS.batchesPage.unnamed}</Link>
              </th>
              <td>
                {isBatchFinished(batch)
                  ? TEXTS.status[batch.status]
                  : TEXTS.batchesPage.inProgress(TEXTS.status[batch.status], Math.floor(batch.progress * 100))}
              </td>
              <td className={ui.number}>{formatCount(batch.counts.total)}</td>
              <td className={ui.number}>{resultCounts(batch)}</td>
              <td className={ui.number}>{formatCount(batch.counts.rejected + batch.counts.failed)}</td>
              <td className={ui.nowrap}>{formatDateTime(batch.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

/** Groups that add up to the scored rows. Batches of earlier releases did not count confident rows by class. */
function resultCounts({ counts, summary: { confident, indeterminate } }: Batch): string {
  if (counts.succeeded === 0) return '–';
  const groups = confident ?? { [TEXTS.batchesPage.confident]: counts.succeeded - indeterminate };
  return Object.entries({ ...groups, [TEXTS.batchesPage.undecided]: indeterminate })
    .map(([name, count]) => TEXTS.batchesPage.resultCount(formatCount(count), name))
    .join(', ');
}
