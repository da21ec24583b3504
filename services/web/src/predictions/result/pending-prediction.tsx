import type { Prediction } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/clients';
import { ConfirmButton } from '../../ui/confirm-button';
import { ErrorNotice } from '../../ui/error-notice';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { predictionKey } from '../prediction-queries';

/** Shows the place of the record in the queue and updates itself. */
export function PendingPrediction({ prediction }: { prediction: Prediction }) {
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => client.cancelPrediction(prediction.id),
    onSuccess: (canceled) => queryClient.setQueryData(predictionKey(prediction.id), canceled),
    onError: () => queryClient.invalidateQueries({ queryKey: predictionKey(prediction.id) }),
  });
  return (
    <Panel title={prediction.status === 'queued' ? 'Waiting in the queue' : 'Being scored'} className="waiting">
      <p className="queue-position">{positionText(prediction)}</p>
      <p className="muted">
        The record is stored. The result appears here automatically; you may leave this page and come back. Files never
        delay single records.
      </p>
      {cancel.isError && <ErrorNotice error={cancel.error} what="The record could not be canceled." />}
      <ConfirmButton
        label="Cancel"
        title="Cancel this record?"
        confirm="Cancel the record"
        variant="secondary"
        isPending={cancel.isPending}
        onConfirm={() => cancel.mutate()}
      >
        <p>It will not be scored. This cannot be undone, but the record can be sent again.</p>
      </ConfirmButton>
    </Panel>
  );
}

function positionText({ status, queue_position: position }: Prediction): string {
  if (status === 'processing') return 'A worker is scoring it.';
  if (position === null || position === undefined) return 'In the queue.';
  return position === 1 ? 'Next in the queue.' : `Number ${formatCount(position)} in the queue.`;
}
