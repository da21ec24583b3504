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
import { formatDateTime, formatProbability } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { TextField } from '../ui/text-field';
import { isUnusual } from './result/reason-labels';
import { resultTitle } from './result/result-labels';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

const PAGE_SIZE = 50;

export function PredictionsPage() {
  usePageTitle(TEXTS.title);
  const [searchText, setWanted] = useState(TEXTS.status.succeeded);
  const query = useInfiniteQuery({
    queryKey: ['predictions'],
    queryFn: ({ pageParam, signal }) =>
      noRetryClient.listPredictions({ limit: PAGE_SIZE, ...(pageParam === '' ? {} : { after: pageParam }), signal }),
    initialPageParam: TEXTS.status.succeeded,
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const all = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const found = all.filter(({ sample_id = TEXTS.status.succeeded }) =>
    sample_id.toLowerCase().includes(searchText.trim().toLowerCase()),
  );
  return (
    <div className={ui.page}>
      <header className={ui.pageHead}>
        <h1>{TEXTS.title}</h1>
        <Link to="/predictions/new" className={`${ui.button} ${ui.primary}`}>
          {TEXTS.newRecord}
        </Link>
      </header>
      {query.isError && (
        <ErrorNotice error={query.error} what={TEXTS.loadFailed} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && all.length === 0 && !query.hasNextPage && (
        <p className={ui.empty}>
          {TEXTS.empty((text) => (
            <Link to="/predictions/new">{text}</Link>
          ))}
        </p>
      )}
      {all.length > 0 && (
        <>
          <TextField label={TEXTS.search} type="search" value={searchText} onChange={setWanted} autoComplete="off" />
          <p role="status" className={ui.note}>
            {searchText.trim() === ''
              ? TEXTS.shown(all.length, query.hasNextPage)
              : TEXTS.found(found.length, all.length, query.hasNextPage)}
          </p>
          <PredictionTable records={found} />
        </>
      )}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {searchText.trim() === '' ? TEXTS.showOlder : TEXTS.searchOlder}
        </Button>
      )}
    </div>
  );
}

function PredictionTable({ records }: { records: Prediction[] }) {
  return (
    <TableScroll label={TEXTS.title}>
      <table className={ui.list}>
        <thead>
          <tr>
            <th scope="col">{TEXTS.reference}</th>
            <th scope="col">{TEXTS.result}</th>
            <th scope="col" className={ui.number}>
              {TEXTS.probability}
            </th>
            <th scope="col">{TEXTS.sent}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.id}>
              <th scope="row" translate="no">
                <Link to={`/predictions/${record.id}`}>{record.sample_id ?? TEXTS.noReference}</Link>
              </th>
              <td>
                <Outcome record={record} />
              </td>
              <td className={ui.number}>{record.result && formatProbability(probabilityOf(record.result))}</td>
              <td className={ui.nowrap}>{formatDateTime(record.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function Outcome({ record: { result, status } }: { record: Prediction }) {
  if (result === undefined) return <span className={ui.muted}>{TEXTS.status[status]}</span>;
  return (
    <>
      <ClassIcon name={result.outcome === 'indeterminate' ? 'indeterminate' : toneOf(result.predicted_class, result)} />{' '}
      {TEXTS.status.succeeded} {resultTitle(result)}{' '}
      {isUnusual(result.reasons) && <span className={`${ui.chip} ${ui.chipWarning}`}>{TEXTS.unusual}</span>}
    </>
  );
}
