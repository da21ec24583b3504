import { type Prediction, isPredictionFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { Button } from '../../ui/button';
import { ConfirmButton } from '../../ui/confirm-button';
import { ErrorNotice } from '../../ui/error-notice';
import { toDraftTexts } from '../form/draft';
import { useDraft } from '../form/draft-context';
import { useDefaults } from '../../models/model-queries';
import { predictionKey } from '../prediction-queries';

export function RecordActions({ prediction }: { prediction: Prediction }) {
  const navigate = useNavigate();
  const [, change] = useDraft();
  const { data: defaults } = useDefaults();
  const edit = (): void => {
    change({
      texts: toDraftTexts(prediction.features),
      reference: prediction.sample_id ?? '',
      // The laboratory's own version of its model stays in use.
      model: defaults?.model.startsWith(`${prediction.model.name}@`) === true ? undefined : prediction.model.name,
    });
    void navigate('/predictions/new');
  };
  const startNew = (): void => {
    change({ texts: {}, reference: '' });
    void navigate('/predictions/new');
  };
  return (
    <div className="actions no-print">
      <Button variant="primary" onPress={startNew}>
        New record
      </Button>
      <Button onPress={edit}>Edit and re-run</Button>
      <CopyLink />
      <Button onPress={() => window.print()}>Print</Button>
      {isPredictionFinished(prediction) && <DeleteRecord id={prediction.id} />}
    </div>
  );
}

/** Copies a link for colleagues; only keys of the same laboratory open it. */
function CopyLink() {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      setState('copied');
    } catch {
      // Browsers deny the clipboard to pages without TLS.
      setState('failed');
    }
  };
  return (
    <>
      <Button onPress={() => void copy()}>{state === 'copied' ? 'Link copied' : 'Copy link'}</Button>
      <span role="status" className={state === 'failed' ? 'small' : 'visually-hidden'}>
        {state === 'copied' && 'The link is copied. It opens for your laboratory only.'}
        {state === 'failed' && 'Copy it from the address bar; it opens for your laboratory only.'}
      </span>
    </>
  );
}

function DeleteRecord({ id }: { id: string }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => client.deletePrediction(id),
    onSuccess: async () => {
      await navigate('/predictions');
      queryClient.removeQueries({ queryKey: predictionKey(id) });
      await queryClient.invalidateQueries({ queryKey: ['predictions'] });
    },
  });
  return (
    <>
      <ConfirmButton
        label="Delete"
        title="Delete this record?"
        confirm="Delete permanently"
        variant="danger"
        isPending={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <p>The values, the result and its reviews are removed. This cannot be undone.</p>
      </ConfirmButton>
      {remove.isError && <ErrorNotice error={remove.error} what="The record was not deleted." />}
    </>
  );
}
