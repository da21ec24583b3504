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
import { KEYS_KEY, ROLE_LABELS } from './key-queries';

export function ApiKeysPage() {
  usePageTitle('API keys');
  const query = useQuery({ queryKey: KEYS_KEY, queryFn: ({ signal }) => noRetryClient.listKeys({ signal }) });
  return (
    <div className="page">
      <p className="crumb small">
        <Link to="/settings">Settings</Link>
      </p>
      <h1>API keys</h1>
      <p className="lead">
        Keys sign in people and programs of your laboratory. To replace a key, create a second one, switch over, and
        delete the first.
      </p>
      <CreateKeyForm />
      <QueryState query={query} what="The keys could not be loaded.">
        {(keys) => (
          <Panel title="Keys of your laboratory">
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
      label="Keys"
      rows={keys}
      rowKey={({ id }) => id}
      columns={[
        {
          title: 'Key',
          isVerbatim: true,
          cell: ({ id }) => (
            <>
              {id} {id === session?.key_id && <span className="chip">this session</span>}
            </>
          ),
        },
        { title: 'Role', cell: ({ role }) => ROLE_LABELS[role] },
        { title: 'Created', cell: ({ created_at: at }) => (at === null ? 'not known' : formatDateTime(at)) },
        { title: 'Expires', cell: ({ expires_at: at }) => (at === null ? 'never' : formatDateTime(at)) },
        { title: 'Last used', cell: ({ last_used_day: day }) => (day === null ? 'not yet' : formatDate(day)) },
        {
          title: 'Delete',
          cell: (key) =>
            key.source === 'file' ? (
              <span className="small muted">in the service’s keys file; its operators remove it</span>
            ) : (
              <DeleteKeyButton id={key.id} isOwn={key.id === session?.key_id} />
            ),
        },
      ]}
    />
  );
}
