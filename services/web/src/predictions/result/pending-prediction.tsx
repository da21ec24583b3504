import type { Prediction } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/clients';
import { ConfirmButton } from '../../ui/confirm-button';
import { ChangeErrorNotice } from '../../ui/error-notice';
import { Panel } from '../../ui/panel';
import { predictionKey } from '../prediction-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './result.module.css';

/** Shows the place of the record in the queue and updates itself. */
export function PendingPrediction({ prediction }: { prediction: Prediction }) {
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => client.cancelPrediction(prediction.id),
    onSuccess: (canceled) => queryClient.setQueryData(predictionKey(prediction.id), canceled),
    onError: () => queryClient.invalidateQueries({ queryKey: predictionKey(prediction.id) }),
  });
  return (
    <Panel title={prediction.status === 'queued' ? TEXTS.pendingPrediction.waiting : TEXTS.pendingPrediction.scoring}>
      <p className={styles.queuePosition}>{positionText(prediction)}</p>
      <p className={ui.muted}>{TEXTS.pendingPrediction.lead}</p>
      {cancel.isError && <ChangeErrorNotice error={cancel.error} what={TEXTS.pendingPrediction.cancelFailed} />}
      <ConfirmButton
        label={TEXTS.pendingPrediction.cancel}
        title={TEXTS.pendingPrediction.cancelTitle}
        confirm={TEXTS.pendingPrediction.cancelConfirm}
        variant="secondary"
        isPending={cancel.isPending}
        onConfirm={() => cancel.mutate()}
      >
        <p>{TEXTS.pendingPrediction.cancelText}</p>
      </ConfirmButton>
    </Panel>
  );
}

function positionText({ status, queue_position: position }: Prediction): string {
  if (status === 'processing') return TEXTS.pendingPrediction.isScored;
  if (position === null || position === undefined) return TEXTS.pendingPrediction.inQueue;
  return position === 1 ? TEXTS.pendingPrediction.next : TEXTS.pendingPrediction.position(position);
}
