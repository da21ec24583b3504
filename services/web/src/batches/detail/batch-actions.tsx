import { type Batch, isBatchFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { ConfirmButton } from '../../ui/confirm-button';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { BATCHES_KEY, batchKey } from '../batch-queries';

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
      <div className="actions">
        {hasResults && (
          <a className="button primary" href={`${links.results}?redirect=true`} download>
            Download results (CSV)
          </a>
        )}
        {hasPartialResults && (
          <a className="button" href={`${links.results}?partial=true`} download>
            Download what was scored
          </a>
        )}
        {finished && (counts.failed > 0 || counts.pending > 0 || status === 'canceled') && (
          <Button isPending={retry.isPending} onPress={() => retry.mutate()}>
            Score remaining rows
          </Button>
        )}
        {!finished && status !== 'canceling' && (
          <ConfirmButton
            label="Cancel"
            title="Cancel this batch?"
            confirm="Cancel the batch"
            variant="danger"
            isPending={cancel.isPending}
            onConfirm={() => cancel.mutate()}
          >
            <p>
              Running shards finish, queued shards are skipped. Finished rows can be downloaded, and the rest scored
              later.
            </p>
          </ConfirmButton>
        )}
        {finished && (
          <ConfirmButton
            label="Delete"
            title="Delete this batch?"
            confirm="Delete permanently"
            variant="danger"
            isPending={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            <p>The uploaded file and its results are removed. This cannot be undone.</p>
          </ConfirmButton>
        )}
      </div>
      {failure !== undefined && <ErrorNotice error={failure.error} what="The action failed." />}
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
