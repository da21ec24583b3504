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
import { ErrorNotice } from '../ui/error-notice';
import { formatCount, formatDate, formatDateTime } from '../ui/format';
import { Loading } from '../ui/loading';
import { Panel } from '../ui/panel';
import { PERFORMANCE_KEY, useConfirmations } from './performance-queries';

/** The confirmed diagnoses on record, newest first. Admins can delete one. */
export function ConfirmationsPanel() {
  const query = useConfirmations();
  const confirmations = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Panel
      title="Confirmed diagnoses"
      lead="What was added, newest first. Of several for one case the last one counts."
    >
      {query.isError && (
        <ErrorNotice
          error={query.error}
          what="The confirmed diagnoses could not be loaded."
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading />}
      {query.isSuccess && confirmations.length === 0 && !query.hasNextPage && <p className="muted">None yet.</p>}
      {confirmations.length > 0 && <ConfirmationTable confirmations={confirmations} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          Show older diagnoses
        </Button>
      )}
    </Panel>
  );
}

function ConfirmationTable({ confirmations }: { confirmations: readonly Confirmation[] }) {
  const session = useSession();
  const remove = useDeleteConfirmation();
  const deletion: Column<Confirmation> = {
    title: 'Action',
    cell: (confirmation) => (
      <ConfirmButton
        label="Delete"
        title="Delete this confirmed diagnosis?"
        confirm="Delete permanently"
        variant="danger"
        isPending={remove.isPending && remove.variables === confirmation.id}
        onConfirm={() => remove.mutate(confirmation.id)}
      >
        <p>
          {caseText(confirmation)}: {decisionLabel(confirmation.confirmed_class)}. The figures are computed without it
          within a minute; an earlier diagnosis of the same case counts again. This cannot be undone.
        </p>
      </ConfirmButton>
    ),
  };
  return (
    <>
      <DataTable
        label="Confirmed diagnoses"
        rows={confirmations}
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Case',
            isVerbatim: true,
            cell: (confirmation) => <Link to={caseAddress(confirmation)}>{caseText(confirmation)}</Link>,
          },
          { title: 'Model', isVerbatim: true, cell: ({ model }) => modelLabel(model) },
          { title: 'Predicted', cell: predictedText },
          { title: 'Confirmed', cell: ({ confirmed_class: name }) => decisionLabel(name) },
          {
            title: 'Day',
            isVerbatim: true,
            cell: ({ confirmed_at: day }) => <span className="nowrap">{formatDate(day)}</span>,
          },
          ...(session && permissionsOf(session).admin ? [deletion] : []),
        ]}
      />
      {remove.isError && <ErrorNotice error={remove.error} what="The confirmed diagnosis was not deleted." />}
    </>
  );
}

/** The entry has no reference of the laboratory, so the time of the prediction tells cases apart. */
function caseText({ row, predicted_at: at }: Confirmation): string {
  return row === undefined
    ? `Record of ${formatDateTime(at)}`
    : `Row ${formatCount(row)}, batch of ${formatDateTime(at)}`;
}

function caseAddress({ prediction_id: prediction, batch_id: batch, row }: Confirmation): string {
  return prediction === undefined ? `/batches/${batch}/rows/${row}` : `/predictions/${prediction}`;
}

function predictedText({ outcome, predicted_class: name }: Confirmation): string {
  return outcome === 'indeterminate' ? `Undecided, favours ${name}` : decisionLabel(name);
}

function useDeleteConfirmation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => client.deleteConfirmation(id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: PERFORMANCE_KEY }),
  });
}
