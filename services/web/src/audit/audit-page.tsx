import type { AuditEvent } from '@cytoqueue/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { noRetryClient } from '../api/clients';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatDateTime } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { TableScroll } from '../ui/table-scroll';

const PAGE_SIZE = 50;

export function AuditPage() {
  usePageTitle('Audit');
  const query = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam, signal }) =>
      noRetryClient.audit({ limit: PAGE_SIZE, ...(pageParam === '' ? {} : { after: pageParam }), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const events = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <div className="page">
      <h1>Audit</h1>
      <p className="lead">Who did what, and when; newest first. It names keys, never patients.</p>
      {query.isError && (
        <ErrorNotice
          error={query.error}
          what="The audit log could not be loaded."
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && events.length === 0 && <p className="empty">Nothing has been recorded yet.</p>}
      {events.length > 0 && <Events events={events} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show older entries
        </Button>
      )}
    </div>
  );
}

function Events({ events }: { events: readonly AuditEvent[] }) {
  return (
    <TableScroll label="Audit">
      <table className="list compact">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Of what</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ at, actor, action, resource, outcome }, index) => (
            <tr key={`${at}-${index}`}>
              <td className="nowrap">{formatDateTime(at)}</td>
              <td>{actor.tenant === '' ? actor.key_id : `${actor.tenant} / ${actor.key_id}`}</td>
              <td>{action}</td>
              <td>{resource}</td>
              <td>{outcome}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
