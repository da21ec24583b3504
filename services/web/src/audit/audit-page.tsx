import type { AuditEvent } from '@cytoqueue/client';
import { useMutation, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { noRetryClient } from '../api/clients';
import { Button } from '../ui/button';
import { DataTable } from '../ui/data-table';
import { downloadText } from '../ui/download-text';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatDateTimeSeconds } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { SelectField } from '../ui/select-field';
import { TextField } from '../ui/text-field';
import { type AuditFilter, actorText, matches, toCsv } from './audit-filter';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

const PAGE_SIZE = 100;
/** An export stops after this many pages: it would keep the service and the browser busy for minutes. */
const MAX_EXPORT_PAGES = 200;

export function AuditPage() {
  usePageTitle(TEXTS.title);
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
    <div className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <h1>{TEXTS.title}</h1>
          <p className={ui.lead}>{TEXTS.lead}</p>
        </div>
        <ExportButton filter={filter} />
      </header>
      <Filters filter={filter} onChange={setFilter} />
      {query.isError && (
        <ErrorNotice error={query.error} what={TEXTS.loadFailed} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && events.length === 0 && <p className={ui.empty}>{TEXTS.empty}</p>}
      {events.length > 0 && (
        <>
          <p role="status" className={ui.note}>
            {TEXTS.found(found.length, events.length, query.hasNextPage)}
          </p>
          <EventTable events={found} />
        </>
      )}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {TEXTS.showOlder}
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
    <div className={ui.fields} role="search" aria-label={TEXTS.filter}>
      <TextField
        label={TEXTS.key}
        value={filter.key}
        onChange={(key) => onChange({ ...filter, key })}
        autoComplete="off"
      />
      <TextField
        label={TEXTS.actionOrResource}
        value={filter.action}
        onChange={(action) => onChange({ ...filter, action })}
        autoComplete="off"
      />
      <SelectField
        label={TEXTS.outcome}
        value={filter.outcome}
        onChange={(outcome) => onChange({ ...filter, outcome: outcome as AuditFilter['outcome'] })}
      >
        <option value="">{TEXTS.anyOutcome}</option>
        <option value="done">{TEXTS.outcomes.done}</option>
        <option value="denied">{TEXTS.outcomes.denied}</option>
        <option value="failed">{TEXTS.outcomes.failed}</option>
      </SelectField>
    </div>
  );
}

function EventTable({ events }: { events: readonly AuditEvent[] }) {
  return (
    <DataTable
      label={TEXTS.title}
      rows={events}
      rowKey={({ at }, index) => `${at}-${index}`}
      columns={[
        {
          title: TEXTS.when,
          isVerbatim: true,
          cell: ({ at }) => <span className={ui.nowrap}>{formatDateTimeSeconds(at)}</span>,
        },
        { title: TEXTS.key, isVerbatim: true, cell: ({ actor }) => actorText(actor) },
        { title: TEXTS.action, isVerbatim: true, cell: ({ action }) => action },
        { title: TEXTS.resource, isVerbatim: true, cell: ({ resource }) => resource },
        { title: TEXTS.outcome, cell: ({ outcome }) => outcome },
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
    <div className={ui.actions}>
      <Button isPending={exported.isPending} onPress={() => exported.mutate()}>
        {exported.isPending ? TEXTS.readingLog : TEXTS.export}
      </Button>
      {exported.data?.isCut === true && <span className={ui.small}>{TEXTS.isCut(MAX_EXPORT_PAGES * PAGE_SIZE)}</span>}
      {exported.isError && <ErrorNotice error={exported.error} what={TEXTS.exportFailed} />}
    </div>
  );
}
