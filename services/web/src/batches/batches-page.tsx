import { type Batch, isBatchFinished } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { noRetryClient } from '../api/clients';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatCount, formatDateTime } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { BATCHES_KEY } from './batch-queries';
import { STATUS_LABELS } from './batch-labels';
import { TableScroll } from '../ui/table-scroll';

const PAGE_SIZE = 20;
const POLL_INTERVAL_MS = 3_000;

export function BatchesPage() {
  usePageTitle('Batches');
  const query = useInfiniteQuery({
    queryKey: BATCHES_KEY,
    queryFn: ({ pageParam, signal }) =>
      noRetryClient.listBatches({ limit: PAGE_SIZE, ...(pageParam === '' ? {} : { after: pageParam }), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some((batch) => !isBatchFinished(batch))) ? POLL_INTERVAL_MS : false,
  });
  const batches = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className="page">
      <header className="page-head">
        <h1>Batches</h1>
        <div className="actions">
          <Link to="/import-profiles" className="button quiet">
            Import profiles
          </Link>
          <Link to="/batches/new" className="button primary">
            Upload a file
          </Link>
        </div>
      </header>
      {query.isError && (
        <ErrorNotice error={query.error} what="The batches could not be loaded." onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && batches.length === 0 && !query.hasNextPage && (
        <p className="empty">
          No file has been uploaded yet. <Link to="/batches/new">Upload the first one</Link>: a CSV file with one record
          a row.
        </p>
      )}
      {batches.length > 0 && <BatchTable batches={batches} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show older batches
        </Button>
      )}
    </div>
  );
}

function BatchTable({ batches }: { batches: Batch[] }) {
  return (
    <TableScroll label="Batches">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Rows
            </th>
            <th scope="col" className="number">
              By class
            </th>
            <th scope="col" className="number">
              Not scored
            </th>
            <th scope="col">Sent</th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <tr key={batch.id}>
              <th scope="row">
                <Link to={`/batches/${batch.id}`}>{batch.filename ?? 'unnamed'}</Link>
              </th>
              <td>
                {STATUS_LABELS[batch.status]}
                {!isBatchFinished(batch) && ` (${Math.floor(batch.progress * 100)} %)`}
              </td>
              <td className="number">{formatCount(batch.counts.total)}</td>
              <td className="number">{classCounts(batch)}</td>
              <td className="number">{formatCount(batch.counts.rejected + batch.counts.failed)}</td>
              <td className="nowrap">{formatDateTime(batch.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function classCounts({ counts, summary: { classes } }: Batch): string {
  if (counts.succeeded === 0) return '–';
  return Object.entries(classes)
    .map(([name, count]) => `${formatCount(count)} ${name}`)
    .join(', ');
}
