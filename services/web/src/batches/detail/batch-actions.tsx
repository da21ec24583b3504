import { type Batch, isBatchFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { ConfirmButton } from '../../ui/confirm-button';
import { Button } from '../../ui/button';
import { ChangeErrorNotice } from '../../ui/error-notice';
import { BATCHES_KEY } from '../../api/first-queries';
import { batchKey } from '../batch-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Actions that the state of the batch allows. Downloads are plain links, so that files of any size work. */
export function BatchActions({ batch }: { batch: Batch }) {
  const { status, counts, links } = batch;
  const { cancel, retry, remove } = useBatchActions(batch);
  const finished = isBatchFinished(batch);
  const hasResults = status === 'succeeded' || status === 'completed_with_errors';
  const hasPartialResults = status === 'canceled' && counts.succeeded > 0;
  const failure = [cancel, retry, remove].find(({ isError }) => isError);
  return (
    <>
      <div className={ui.actions}>
        {hasResults && (
          <a className={`${ui.button} ${ui.primary}`} href={`${links.results}?redirect=true`} download>
            {TEXTS.batchActions.download}
          </a>
        )}
        {hasPartialResults && (
          <a className={ui.button} href={`${links.results}?partial=true`} download>
            {TEXTS.batchActions.downloadPart}
          </a>
        )}
        {finished && (counts.failed > 0 || counts.pending > 0 || status === 'canceled') && (
          <Button isPending={retry.isPending} onPress={() => retry.mutate()}>
            {TEXTS.batchActions.retry}
          </Button>
        )}
        {!finished && status !== 'canceling' && (
          <ConfirmButton
            label={TEXTS.batchActions.cancel}
            title={TEXTS.batchActions.cancelTitle}
            confirm={TEXTS.batchActions.cancelConfirm}
            variant="danger"
            isPending={cancel.isPending}
            onConfirm={() => cancel.mutate()}
          >
            <p>{TEXTS.batchActions.cancelText}</p>
          </ConfirmButton>
        )}
        {finished && (
          <ConfirmButton
            label={TEXTS.batchActions.delete}
            title={TEXTS.batchActions.deleteTitle}
            confirm={TEXTS.batchActions.deleteConfirm}
            variant="danger"
            isPending={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            <p>{TEXTS.batchActions.deleteText}</p>
          </ConfirmButton>
        )}
      </div>
      {failure !== undefined && <ChangeErrorNotice error={failure.error} what={TEXTS.batchActions.failed} />}
    </>
  );
}

function useBatchActions({ id }: Batch) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => queryClient.invalidateQueries({ queryKey: batchKey(id) });
  const change = { onSuccess: (batch: Batch) => queryClient.setQueryData(batchKey(batch.id), batch), onError: refresh };
  return {
    cancel: useMutation({ mutationFn: () => client.cancelBatch(id), ...change }),
    retry: useMutation({ mutationFn: () => client.retryBatch(id), ...change }),
    remove: useMutation({
      mutationFn: () => client.deleteBatch(id),
      onSuccess: async () => {
        await navigate('/batches');
        queryClient.removeQueries({ queryKey: batchKey(id) });
        await queryClient.invalidateQueries({ queryKey: BATCHES_KEY });
      },
    }),
  };
}
