import type { ImportProfile, NamedImportProfile } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { client } from '../api/clients';
import { PROFILES_KEY, useImportProfilesQuery } from '../batches/upload/import-profiles';
import { ConfirmButton } from '../ui/confirm-button';
import { DataTable } from '../ui/data-table';
import { ChangeErrorNotice } from '../ui/error-notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { QueryState } from '../ui/query-state';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function ImportProfilesPage() {
  usePageTitle(TEXTS.title);
  const query = useImportProfilesQuery();
  return (
    <div className={ui.page}>
      <p className={ui.crumb}>
        <Link to="/batches">{TEXTS.batches}</Link>
      </p>
      <h1>{TEXTS.title}</h1>
      <p className={ui.lead}>{TEXTS.lead}</p>
      <QueryState query={query} what={TEXTS.loadFailed}>
        {(profiles) =>
          profiles.length === 0 ? (
            <p className={ui.empty}>
              {TEXTS.empty((text) => (
                <Link to="/batches/new">{text}</Link>
              ))}
            </p>
          ) : (
            <Panel title={TEXTS.saved} lead={TEXTS.savedLead}>
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
      label={TEXTS.title}
      rows={profiles}
      rowKey={({ name }) => name}
      columns={[
        { title: TEXTS.profile, isVerbatim: true, cell: ({ name }) => name },
        {
          title: TEXTS.content,
          cell: (profile) =>
            profile.error === undefined ? (
              <ul className={ui.small}>
                {contentOf(profile).map((line) => (
                  <li key={line} translate="no">
                    {line}
                  </li>
                ))}
              </ul>
            ) : (
              <span className={`${ui.small} ${ui.fieldError}`}>{profile.error.detail}</span>
            ),
        },
        { title: TEXTS.delete, cell: ({ name }) => <DeleteProfile name={name} /> },
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
    ...Object.entries(columns).map(
      ([use, column]) => `${TEXTS.uses[use] ?? use.replaceAll('_', ' ')}: ${String(column)}`,
    ),
    ...[
      [TEXTS.headerLine, header_line],
      [TEXTS.separator, delimiter],
      [TEXTS.decimalSign, decimal],
      [TEXTS.encoding, encoding],
      [TEXTS.notMeasured, missing?.join(', ')],
      [TEXTS.sheet, sheet],
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
        label={TEXTS.delete}
        title={TEXTS.deleteTitle(name)}
        confirm={TEXTS.deleteConfirm}
        variant="danger"
        isPending={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <p>{TEXTS.deleteText}</p>
      </ConfirmButton>
      {remove.isError && <ChangeErrorNotice error={remove.error} what={TEXTS.deleteFailed} />}
    </>
  );
}
