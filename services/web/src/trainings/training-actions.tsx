import { type Training, isTrainingFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../api/clients';
import { ConfirmButton } from '../ui/confirm-button';
import { ErrorNotice } from '../ui/error-notice';
import { TRAININGS_KEY, trainingKey } from './training-queries';

/** Cancels an open training, deletes a finished one. */
export function TrainingActions({ training }: { training: Training }) {
  const { cancel, remove } = useTrainingActions(training.id);
  const failure = [cancel, remove].find(({ isError }) => isError);
  return (
    <>
      <div className="actions">
        {isTrainingFinished(training) ? (
          <ConfirmButton
            label="Delete"
            title="Delete this training?"
            confirm="Delete permanently"
            variant="danger"
            isPending={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            <p>
              The uploaded file is removed. This cannot be undone.
              {training.model !== null &&
                ' The version stays, and with it the training rows that it contains: to erase a patient, delete the version too.'}
            </p>
          </ConfirmButton>
        ) : (
          <ConfirmButton
            label="Cancel"
            title="Cancel this training?"
            confirm="Cancel the training"
            variant="danger"
            isPending={cancel.isPending}
            onConfirm={() => cancel.mutate()}
          >
            <p>No version is made. This cannot be undone, but the file can be sent again.</p>
          </ConfirmButton>
        )}
      </div>
      {failure !== undefined && <ErrorNotice error={failure.error} what="The action failed." />}
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
