import { type Prediction, isPredictionFinished } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { parseModelReference } from '../../models/model-reference';
import { Button } from '../../ui/button';
import { ConfirmButton } from '../../ui/confirm-button';
import { CopyButton } from '../../ui/copy-button';
import { ChangeErrorNotice } from '../../ui/error-notice';
import { emptyDraft, toDraftTexts } from '../form/draft';
import { useDraft } from '../form/draft-context';
import { useDefaults } from '../../models/model-queries';
import { predictionKey } from '../prediction-queries';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

export function RecordActions({ prediction }: { prediction: Prediction }) {
  const navigate = useNavigate();
  const [, change] = useDraft();
  const { data: defaults } = useDefaults();
  const edit = (): void => {
    change({
      texts: toDraftTexts(prediction.features),
      sampleReference: prediction.sample_id ?? '',
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
    <div className={`${ui.actions} ${ui.noPrint}`}>
      <Button variant="primary" onPress={startNew}>
        {TEXTS.recordActions.newRecord}
      </Button>
      <Button onPress={edit}>{TEXTS.recordActions.edit}</Button>
      <CopyButton
        label={TEXTS.recordActions.copyLink}
        copiedLabel={TEXTS.recordActions.linkCopied}
        text={() => window.location.href}
        copiedText={TEXTS.recordActions.copied}
        failedText={TEXTS.recordActions.copyFailed}
      />
      <Button onPress={() => window.print()}>{TEXTS.recordActions.print}</Button>
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
        label={TEXTS.recordActions.delete}
        title={TEXTS.recordActions.deleteTitle}
        confirm={TEXTS.recordActions.deleteConfirm}
        variant="danger"
        isPending={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <p>{TEXTS.recordActions.deleteText}</p>
      </ConfirmButton>
      {remove.isError && <ChangeErrorNotice error={remove.error} what={TEXTS.recordActions.deleteFailed} />}
    </>
  );
}
