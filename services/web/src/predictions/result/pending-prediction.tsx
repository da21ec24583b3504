import type { Prediction } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/clients';
import { ConfirmButton } from '../../ui/confirm-button';
import { ErrorNotice } from '../../ui/error-notice';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { predictionKey } from '../prediction-queries';

/** How the record stands in the queue; it follows by itself. */
export function PendingPrediction({ prediction }: { prediction: Prediction }) {
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => client.cancelPrediction(prediction.id),
    onSuccess: (canceled) => queryClient.setQueryData(predictionKey(prediction.id), canceled),
    onError: () => queryClient.invalidateQueries({ queryKey: predictionKey(prediction.id) }),
  });
  return (
    <Panel title={prediction.status === 'queued' ? 'Waiting for its turn' : 'Being scored'} className="waiting">
      <p className="queue-position">{positionText(prediction)}</p>
      <p className="muted">
        The record is stored and the answer will appear here by itself; you may also leave this page and come back.
        Laboratories’ files never stand before single records.
      </p>
      {cancel.isError && <ErrorNotice error={cancel.error} what="It could not be withdrawn." />}
      <ConfirmButton
        label="Withdraw"
        title="Withdraw this record?"
        confirm="Withdraw"
        variant="secondary"
        isPending={cancel.isPending}
        onConfirm={() => cancel.mutate()}
      >
        <p>It will not be scored. That cannot be undone, but the record can be sent again.</p>
      </ConfirmButton>
    </Panel>
  );
}

function positionText({ status, queue_position: position }: Prediction): string {
  if (status === 'processing') return 'A worker has it in hand.';
  if (position === null || position === undefined) return 'In the queue.';
  return position === 1 ? 'Next in the queue.' : `Number ${formatCount(position)} in the queue.`;
}
