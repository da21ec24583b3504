import type { Prediction } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { reader } from '../api';
import { Button } from '../design/button';
import { ClassSign } from '../design/class-sign';
import { Failure } from '../design/failure';
import { Loading } from '../design/loading';
import { countOf, formatDateTime, formatProbability } from '../design/numbers';
import { usePageTitle } from '../design/page-title';
import { TextField } from '../design/text-field';
import { headline } from './wording';

const PAGE = 50;

export function RecentPage() {
  usePageTitle('Records');
  const [wanted, setWanted] = useState('');
  const query = useInfiniteQuery({
    queryKey: ['predictions'],
    queryFn: ({ pageParam, signal }) => reader.listPredictions({ limit: PAGE, ...(pageParam === '' ? {} : { after: pageParam }), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const all = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const found = all.filter(({ sample_id = '' }) => sample_id.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <div className="page">
      <header className="page-head">
        <h1>Records</h1>
        <Link to="/predictions/new" className="button primary">New record</Link>
      </header>
      {query.isError && <Failure error={query.error} what="The records could not be loaded." onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading />}
      {query.isSuccess && all.length === 0 && <p className="empty">No record has been sent yet. <Link to="/predictions/new">Enter the first one</Link>.</p>}
      {all.length > 0 && (
        <>
          <TextField label="Find by your reference" type="search" value={wanted} onChange={setWanted} autoComplete="off" />
          <p role="status" className="small muted">{describeFound(found.length, all.length, query.hasNextPage, wanted)}</p>
          <Records records={found} />
        </>
      )}
      {query.hasNextPage && <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>{wanted.trim() === '' ? 'Show older records' : 'Look among older records too'}</Button>}
    </div>
  );
}

function describeFound(found: number, all: number, hasMore: boolean, wanted: string): string {
  const newest = hasMore ? `the newest ${all}` : `all ${all}`;
  return wanted.trim() === '' ? `${hasMore ? 'The newest ' : ''}${countOf(all, 'record')}.` : `${countOf(found, 'record')} found among ${newest}.`;
}

function Records({ records }: { records: Prediction[] }) {
  return (
    <div className="table-scroll" role="region" aria-label="Records" tabIndex={0}>
      <table className="list">
        <thead>
          <tr><th scope="col">Reference</th><th scope="col">Answer</th><th scope="col" className="number">Probability of malignancy</th><th scope="col">Sent</th></tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.id}>
              <th scope="row"><Link to={`/predictions/${record.id}`}>{record.sample_id ?? 'without a reference'}</Link></th>
              <td><Outcome record={record} /></td>
              <td className="number">{record.result && formatProbability(record.result.probability_malignant)}</td>
              <td className="nowrap">{formatDateTime(record.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const WAITING = { queued: 'waiting', processing: 'being scored', succeeded: '', failed: 'not scored', canceled: 'withdrawn' };

function Outcome({ record: { result, status } }: { record: Prediction }) {
  if (result === undefined) return <span className="muted">{WAITING[status]}</span>;
  return <><ClassSign name={result.outcome === 'indeterminate' ? 'indeterminate' : result.predicted_class} /> {headline(result)}</>;
}
