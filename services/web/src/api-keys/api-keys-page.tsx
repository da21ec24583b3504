import type { ApiKey } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { noRetryClient } from '../api/clients';
import { useSession } from '../session/use-session';
import { DataTable } from '../ui/data-table';
import { formatDate, formatDateTime } from '../ui/format';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { CreateKeyForm } from './create-key-form';
import { DeleteKeyButton } from './delete-key-button';
import { KEYS_KEY } from './key-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function ApiKeysPage() {
  usePageTitle(TEXTS.title);
  const query = useQuery({ queryKey: KEYS_KEY, queryFn: ({ signal }) => noRetryClient.listKeys({ signal }) });
  return (
    <div className={ui.page}>
      <p className={ui.crumb}>
        <Link to="/settings">{TEXTS.settings}</Link>
      </p>
      <h1>{TEXTS.title}</h1>
      <p className={ui.lead}>{TEXTS.lead}</p>
      <CreateKeyForm />
      <QueryState query={query} what={TEXTS.loadFailed}>
        {(keys) => (
          <Panel title={TEXTS.keysOfLaboratory}>
            <KeyTable keys={keys} />
          </Panel>
        )}
      </QueryState>
    </div>
  );
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const session = useSession();
  return (
    <DataTable
      label={TEXTS.table}
      rows={keys}
      rowKey={({ id }) => id}
      columns={[
        {
          title: TEXTS.key,
          isVerbatim: true,
          cell: ({ id }) => (
            <>
              {id} {id === session?.key_id && <span className={ui.chip}>{TEXTS.thisSession}</span>}
            </>
          ),
        },
        { title: TEXTS.role, cell: ({ role }) => TEXTS.roles[role] },
        { title: TEXTS.created, cell: ({ created_at: at }) => (at === null ? TEXTS.notKnown : formatDateTime(at)) },
        { title: TEXTS.expires, cell: ({ expires_at: at }) => (at === null ? TEXTS.never : formatDateTime(at)) },
        { title: TEXTS.lastUsed, cell: ({ last_used_day: day }) => (day === null ? TEXTS.notYet : formatDate(day)) },
        {
          title: TEXTS.delete,
          cell: (key) =>
            key.source === 'file' ? (
              <span className={ui.note}>{TEXTS.inKeysFile}</span>
            ) : (
              <DeleteKeyButton id={key.id} isOwn={key.id === session?.key_id} />
            ),
        },
      ]}
    />
  );
}
