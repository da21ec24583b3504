import { type Training, isTrainingFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../api/clients';
import { ConfirmButton } from '../ui/confirm-button';
import { ChangeErrorNotice } from '../ui/error-notice';
import { TRAININGS_KEY, trainingKey } from './training-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** Cancels an open training, deletes a finished one. */
export function TrainingActions({ training }: { training: Training }) {
  const { cancel, remove } = useTrainingActions(training.id);
  const failure = [cancel, remove].find(({ isError }) => isError);
  return (
    <>
      <div className={ui.actions}>
        {isTrainingFinished(training) ? (
          <ConfirmButton
            label={TEXTS.trainingActions.delete}
            title={TEXTS.trainingActions.deleteTitle}
            confirm={TEXTS.trainingActions.deleteConfirm}
            variant="danger"
            isPending={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            <p>{TEXTS.trainingActions.deleteText(training.model !== null)}</p>
          </ConfirmButton>
        ) : (
          <ConfirmButton
            label={TEXTS.trainingActions.cancel}
            title={TEXTS.trainingActions.cancelTitle}
            confirm={TEXTS.trainingActions.cancelConfirm}
            variant="danger"
            isPending={cancel.isPending}
            onConfirm={() => cancel.mutate()}
          >
            <p>{TEXTS.trainingActions.cancelText}</p>
          </ConfirmButton>
        )}
      </div>
      {failure !== undefined && <ChangeErrorNotice error={failure.error} what={TEXTS.trainingActions.failed} />}
    </>
  );
}

function useTrainingActions(id: string) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return {
    cancel: useMutation({
      mutationFn: () => client.cancelTraining(id),
      onSuccess: (training) => queryClient.setQueryData(trainingKey(id), training),
      onError: () => queryClient.invalidateQueries({ queryKey: trainingKey(id) }),
    }),
    remove: useMutation({
      mutationFn: () => client.deleteTraining(id),
      onSuccess: async () => {
        await navigate('/trainings');
        queryClient.removeQueries({ queryKey: trainingKey(id) });
        await queryClient.invalidateQueries({ queryKey: TRAININGS_KEY });
      },
    }),
  };
}
