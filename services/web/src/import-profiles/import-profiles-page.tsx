import type { ImportProfile, NamedImportProfile } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { client } from '../api/clients';
import { PROFILES_KEY, useImportProfilesQuery } from '../batches/upload/import-profiles';
import { ConfirmButton } from '../ui/confirm-button';
import { DataTable } from '../ui/data-table';
import { ErrorNotice } from '../ui/error-notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';

export function ImportProfilesPage() {
  usePageTitle('Import profiles');
  const query = useImportProfilesQuery();
  return (
    <div className="page">
      <p className="crumb small">
        <Link to="/batches">Batches</Link>
      </p>
      <h1>Import profiles</h1>
      <p className="lead">
        A profile says how files of one kind are read: their columns, decimal sign and words for “not measured”. Your
        laboratory shares them. A batch keeps the profile as it was when the file was sent.
      </p>
      <QueryState query={query} what="The import profiles could not be loaded.">
        {(profiles) =>
          profiles.length === 0 ? (
            <p className="empty">
              No profile has been saved yet. <Link to="/batches/new">Check a file</Link>, choose the use of its columns,
              and save the choices below them.
            </p>
          ) : (
            <Panel
              title="Saved profiles"
              lead="To change one, check a file with it under Batches and save it again under its name."
            >
              <ProfileTable profiles={profiles} />
            </Panel>
          )
        }
      </QueryState>
    </div>
  );
}

function ProfileTable({ profiles }: { profiles: readonly NamedImportProfile[] }) {
  return (
    <DataTable
      label="Import profiles"
      rows={profiles}
      rowKey={({ name }) => name}
      columns={[
        { title: 'Profile', isVerbatim: true, cell: ({ name }) => name },
        {
          title: 'Content',
          cell: (profile) =>
            profile.error === undefined ? (
              <ul className="small">
                {contentOf(profile).map((line) => (
                  <li key={line} translate="no">
                    {line}
                  </li>
                ))}
              </ul>
            ) : (
              <span className="small field-error">{profile.error.detail}</span>
            ),
        },
        { title: 'Delete', cell: ({ name }) => <DeleteProfile name={name} /> },
      ]}
    />
  );
}

function contentOf({
  columns = {},
  header_line,
  delimiter,
  decimal,
  encoding,
  missing,
  sheet,
}: ImportProfile): string[] {
  return [
    ...Object.entries(columns).map(([use, column]) => `${use.replaceAll('_', ' ')}: ${String(column)}`),
    ...[
      ['header line', header_line],
      ['separator', delimiter],
      ['decimal sign', decimal],
      ['encoding', encoding],
      ['not measured', missing?.join(', ')],
      ['sheet', sheet],
    ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
  ];
}

function DeleteProfile({ name }: { name: string }) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.deleteImportProfile(name),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: PROFILES_KEY }),
  });
  return (
    <>
      <ConfirmButton
        label="Delete"
        title={`Delete import profile ${name}?`}
        confirm="Delete profile"
        variant="danger"
        isPending={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <p>Files can then no longer be sent with it. Batches that used it stay as they are.</p>
      </ConfirmButton>
      {remove.isError && <ErrorNotice error={remove.error} what="The profile was not deleted." />}
    </>
  );
}
