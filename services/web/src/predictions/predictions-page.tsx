import { type Prediction, probabilityOf } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { noRetryClient } from '../api/clients';
import { Button } from '../ui/button';
import { ClassIcon } from '../ui/class-icon';
import { toneOf } from '../ui/class-words';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { pluralize, formatDateTime, formatProbability } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { TextField } from '../ui/text-field';
import { resultTitle } from './result/result-labels';
import { TableScroll } from '../ui/table-scroll';

const PAGE_SIZE = 50;

export function PredictionsPage() {
  usePageTitle('Records');
  const [searchText, setWanted] = useState('');
  const query = useInfiniteQuery({
    queryKey: ['predictions'],
    queryFn: ({ pageParam, signal }) =>
      noRetryClient.listPredictions({ limit: PAGE_SIZE, ...(pageParam === '' ? {} : { after: pageParam }), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const all = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const found = all.filter(({ sample_id = '' }) => sample_id.toLowerCase().includes(searchText.trim().toLowerCase()));
  return (
    <div className="page">
      <header className="page-head">
        <h1>Records</h1>
        <Link to="/predictions/new" className="button primary">
          New record
        </Link>
      </header>
      {query.isError && (
        <ErrorNotice error={query.error} what="The records could not be loaded." onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && all.length === 0 && !query.hasNextPage && (
        <p className="empty">
          No record has been sent yet. <Link to="/predictions/new">Enter the first one</Link>.
        </p>
      )}
      {all.length > 0 && (
        <>
          <TextField
            label="Search by reference"
            type="search"
            value={searchText}
            onChange={setWanted}
            autoComplete="off"
          />
          <p role="status" className="small muted">
            {foundText(found.length, all.length, query.hasNextPage, searchText)}
          </p>
          <PredictionTable records={found} />
        </>
      )}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {searchText.trim() === '' ? 'Show older records' : 'Search older records too'}
        </Button>
      )}
    </div>
  );
}

function foundText(found: number, all: number, hasMore: boolean, searchText: string): string {
  const newest = hasMore ? `the newest ${all}` : `all ${all}`;
  return searchText.trim() === ''
    ? `${hasMore ? 'The newest ' : ''}${pluralize(all, { one: 'record', other: 'records' })}.`
    : `${pluralize(found, { one: 'record', other: 'records' })} found among ${newest}.`;
}

function PredictionTable({ records }: { records: Prediction[] }) {
  return (
    <TableScroll label="Records">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Reference</th>
            <th scope="col">Model result</th>
            <th scope="col" className="number">
              Probability of malignancy
            </th>
            <th scope="col">Sent</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.id}>
              <th scope="row">
                <Link to={`/predictions/${record.id}`}>{record.sample_id ?? 'no reference'}</Link>
              </th>
              <td>
                <Outcome record={record} />
              </td>
              <td className="number">{record.result && formatProbability(probabilityOf(record.result))}</td>
              <td className="nowrap">{formatDateTime(record.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

const STATUS_LABELS = {
  queued: 'waiting',
  processing: 'being scored',
  succeeded: '',
  failed: 'not scored',
  canceled: 'canceled',
};

function Outcome({ record: { result, status } }: { record: Prediction }) {
  if (result === undefined) return <span className="muted">{STATUS_LABELS[status]}</span>;
  return (
    <>
      <ClassIcon name={result.outcome === 'indeterminate' ? 'indeterminate' : toneOf(result.predicted_class, result)} />{' '}
      {resultTitle(result)}
    </>
  );
}
