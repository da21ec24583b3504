import type { AuditEvent } from '@cytoqueue/client';
import { useMutation, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { noRetryClient } from '../api/clients';
import { Button } from '../ui/button';
import { DataTable } from '../ui/data-table';
import { downloadText } from '../ui/download-text';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatDateTimeSeconds, pluralize } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { SelectField } from '../ui/select-field';
import { TextField } from '../ui/text-field';
import { type AuditFilter, actorText, matches, toCsv } from './audit-filter';

const PAGE_SIZE = 100;
/** An export stops after this many pages: it would keep the service and the browser busy for minutes. */
const MAX_EXPORT_PAGES = 200;

export function AuditPage() {
  usePageTitle('Audit');
  const [filter, setFilter] = useState<AuditFilter>({ key: '', action: '', outcome: '' });
  const query = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam, signal }) => loadPage(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const events = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const found = events.filter((event) => matches(event, filter));
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Audit</h1>
          <p className="lead">Who did what, and when; newest first. It names keys, never patients.</p>
        </div>
        <ExportButton filter={filter} />
      </header>
      <Filters filter={filter} onChange={setFilter} />
      {query.isError && (
        <ErrorNotice
          error={query.error}
          what="The audit log could not be loaded."
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && events.length === 0 && <p className="empty">Nothing has been recorded yet.</p>}
      {events.length > 0 && (
        <>
          <p role="status" className="small muted">
            {`${pluralize(found.length, { one: 'entry', other: 'entries' })} among ${query.hasNextPage ? 'the newest' : 'all'} ${events.length}.`}
          </p>
          <EventTable events={found} />
        </>
      )}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show older entries
        </Button>
      )}
    </div>
  );
}

function loadPage(after: string, signal?: AbortSignal) {
  return noRetryClient.audit({ limit: PAGE_SIZE, ...(after === '' ? {} : { after }), signal });
}

function Filters({ filter, onChange }: { filter: AuditFilter; onChange: (filter: AuditFilter) => void }) {
  return (
    <div className="fields" role="search" aria-label="Filter the audit log">
      <TextField label="Key" value={filter.key} onChange={(key) => onChange({ ...filter, key })} autoComplete="off" />
      <TextField
        label="Action or resource"
        value={filter.action}
        onChange={(action) => onChange({ ...filter, action })}
        autoComplete="off"
      />
      <SelectField
        label="Outcome"
        value={filter.outcome}
        onChange={(outcome) => onChange({ ...filter, outcome: outcome as AuditFilter['outcome'] })}
      >
        <option value="">All</option>
        <option value="done">Done</option>
        <option value="denied">Denied</option>
        <option value="failed">Failed</option>
      </SelectField>
    </div>
  );
}

function EventTable({ events }: { events: readonly AuditEvent[] }) {
  return (
    <DataTable
      label="Audit"
      rows={events}
      rowKey={({ at }, index) => `${at}-${index}`}
      columns={[
        {
          title: 'When',
          isVerbatim: true,
          cell: ({ at }) => <span className="nowrap">{formatDateTimeSeconds(at)}</span>,
        },
        { title: 'Key', isVerbatim: true, cell: ({ actor }) => actorText(actor) },
        { title: 'Action', isVerbatim: true, cell: ({ action }) => action },
        { title: 'Resource', isVerbatim: true, cell: ({ resource }) => resource },
        { title: 'Outcome', cell: ({ outcome }) => outcome },
      ]}
    />
  );
}

/** Reads the log again from its newest entry, so that the file has everything that matches. */
function ExportButton({ filter }: { filter: AuditFilter }) {
  const exported = useMutation({
    mutationFn: async () => {
      const events: AuditEvent[] = [];
      let after = '';
      for (let pages = 0; pages < MAX_EXPORT_PAGES; pages++) {
        const page = await loadPage(after);
        events.push(...page.data);
        if (!page.has_more || page.last_id === null) return { events, isCut: false };
        after = page.last_id;
      }
      return { events, isCut: true };
    },
    onSuccess: async ({ events }) =>
      downloadText('audit.csv', await toCsv(events.filter((event) => matches(event, filter)))),
  });
  return (
    <div className="actions">
      <Button isPending={exported.isPending} onPress={() => exported.mutate()}>
        {exported.isPending ? 'Reading the log …' : 'Export as CSV'}
      </Button>
      {exported.data?.isCut === true && (
        <span className="small">{`The file holds the newest ${MAX_EXPORT_PAGES * PAGE_SIZE} entries only.`}</span>
      )}
      {exported.isError && <ErrorNotice error={exported.error} what="The log was not exported." />}
    </div>
  );
}
