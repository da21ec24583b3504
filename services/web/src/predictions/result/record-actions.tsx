import { type Prediction, isPredictionFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { parseModelReference } from '../../models/model-reference';
import { Button } from '../../ui/button';
import { ConfirmButton } from '../../ui/confirm-button';
import { CopyButton } from '../../ui/copy-button';
import { ErrorNotice } from '../../ui/error-notice';
import { emptyDraft, toDraftTexts } from '../form/draft';
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
      model:
        defaults && parseModelReference(defaults.model).name === prediction.model.name
          ? undefined
          : prediction.model.name,
      operatingPoint:
        defaults?.operating_point === prediction.result?.operating_point.name
          ? undefined
          : prediction.result?.operating_point.name,
    });
    void navigate('/predictions/new');
  };
  const startNew = (): void => {
    change(emptyDraft());
    void navigate('/predictions/new');
  };
  return (
    <div className="actions no-print">
      <Button variant="primary" onPress={startNew}>
        New record
      </Button>
      <Button onPress={edit}>Edit and re-run</Button>
      <CopyButton
        label="Copy link"
        copiedLabel="Link copied"
        text={() => window.location.href}
        copiedText="The link is copied. It opens for your laboratory only."
        failedText="Copy it from the address bar; it opens for your laboratory only."
      />
      <Button onPress={() => window.print()}>Print</Button>
      {isPredictionFinished(prediction) && <DeleteRecord id={prediction.id} />}
    </div>
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
