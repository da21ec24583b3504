import type { Confirmation } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { client } from '../api/clients';
import { modelLabel } from '../models/model-reference';
import { decisionLabel } from '../reviews/review-labels';
import { permissionsOf, useSession } from '../session/use-session';
import { Button } from '../ui/button';
import { ConfirmButton } from '../ui/confirm-button';
import { type Column, DataTable } from '../ui/data-table';
import { ChangeErrorNotice, ErrorNotice } from '../ui/error-notice';
import { formatDate, formatDateTime } from '../ui/format';
import { Loading } from '../ui/loading';
import { Panel } from '../ui/panel';
import { PERFORMANCE_KEY, useConfirmations } from './performance-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** The confirmed diagnoses on record, newest first. Admins can delete one. */
export function ConfirmationsPanel() {
  const query = useConfirmations();
  const confirmations = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Panel title={TEXTS.confirmationsPanel.title} lead={TEXTS.confirmationsPanel.lead}>
      {query.isError && (
        <ErrorNotice
          error={query.error}
          what={TEXTS.confirmationsPanel.loadFailed}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && confirmations.length === 0 && !query.hasNextPage && (
        <p className={ui.muted}>{TEXTS.confirmationsPanel.empty}</p>
      )}
      {confirmations.length > 0 && <ConfirmationTable confirmations={confirmations} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {TEXTS.confirmationsPanel.showOlder}
        </Button>
      )}
    </Panel>
  );
}

function ConfirmationTable({ confirmations }: { confirmations: readonly Confirmation[] }) {
  const session = useSession();
  const remove = useDeleteConfirmation();
  const deletion: Column<Confirmation> = {
    title: TEXTS.confirmationsPanel.action,
    cell: (confirmation) => (
      <ConfirmButton
        label={TEXTS.confirmationsPanel.delete}
        title={TEXTS.confirmationsPanel.deleteTitle}
        confirm={TEXTS.confirmationsPanel.deleteConfirm}
        variant="danger"
        isPending={remove.isPending && remove.variables === confirmation.id}
        onConfirm={() => remove.mutate(confirmation.id)}
      >
        <p>
          {TEXTS.confirmationsPanel.deleteText(caseText(confirmation), decisionLabel(confirmation.confirmed_class))}
        </p>
      </ConfirmButton>
    ),
  };
  return (
    <>
      <DataTable
        label={TEXTS.confirmationsPanel.title}
        rows={confirmations}
        rowKey={({ id }) => id}
        columns={[
          {
            title: TEXTS.confirmationsPanel.case,
            isVerbatim: true,
            cell: (confirmation) => <Link to={caseAddress(confirmation)}>{caseText(confirmation)}</Link>,
          },
          { title: TEXTS.model, isVerbatim: true, cell: ({ model }) => modelLabel(model) },
          { title: TEXTS.predicted, cell: predictedText },
          { title: TEXTS.confirmed, cell: ({ confirmed_class: name }) => decisionLabel(name) },
          {
            title: TEXTS.confirmationsPanel.day,
            isVerbatim: true,
            cell: ({ confirmed_at: day }) => <span className={ui.nowrap}>{formatDate(day)}</span>,
          },
          ...(session && permissionsOf(session).admin ? [deletion] : []),
        ]}
      />
      {remove.isError && <ChangeErrorNotice error={remove.error} what={TEXTS.confirmationsPanel.deleteFailed} />}
    </>
  );
}

/** The entry has no reference of the laboratory, so the time of the prediction tells cases apart. */
function caseText({ row, predicted_at: at }: Confirmation): string {
  return row === undefined
    ? TEXTS.confirmationsPanel.record(formatDateTime(at))
    : TEXTS.confirmationsPanel.row(row, formatDateTime(at));
}

function caseAddress({ prediction_id: prediction, batch_id: batch, row }: Confirmation): string {
  return prediction === undefined ? `/batches/${batch}/rows/${row}` : `/predictions/${prediction}`;
}

function predictedText({ outcome, predicted_class: name }: Confirmation): string {
  return outcome === 'indeterminate' ? TEXTS.confirmationsPanel.undecided(name) : decisionLabel(name);
}

function useDeleteConfirmation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => client.deleteConfirmation(id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: PERFORMANCE_KEY }),
  });
}
