import type { Batch, OperatingPoint } from '@cytoqueue/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { client } from '../../api/clients';
import { modelLabel, modelReference } from '../../models/model-reference';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/panel';
import { SelectField } from '../../ui/select-field';
import { useModels, usePositiveClass } from '../../models/model-queries';
import { OperatingPointField } from '../../models/operating-point-field';
import { batchKey } from '../batch-queries';
import { UploadErrorNotice } from '../upload-error-notice';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Scores the same file with another model or threshold, as a new batch that is compared with this one. */
export function RescorePanel({ batch }: { batch: Batch }) {
  const { data: models = [] } = useModels();
  const [model, setModel] = useState(modelReference(batch.model));
  const [operatingPoint, setOperatingPoint] = useState<OperatingPoint>(batch.operating_point ?? 'default');
  const positive = usePositiveClass(model);
  const rescore = useRescore(batch.id);
  return (
    <Panel title={TEXTS.rescorePanel.title} lead={TEXTS.rescorePanel.lead}>
      <div className={ui.fields}>
        <SelectField label={TEXTS.rescorePanel.model} value={model} onChange={setModel}>
          {models.flatMap(({ name, versions }) =>
            versions.map((version) => (
              <option key={modelReference({ name, version })} value={modelReference({ name, version })}>
                {modelLabel({ name, version })}
              </option>
            )),
          )}
          {models.length === 0 && <option value={model}>{modelLabel(model)}</option>}
        </SelectField>
        <OperatingPointField
          positive={positive}
          value={operatingPoint}
          onChange={(point) => setOperatingPoint(point as OperatingPoint)}
        />
      </div>
      {rescore.isError && <UploadErrorNotice error={rescore.error} what={TEXTS.rescorePanel.failed} />}
      <div className={ui.actions}>
        <Button isPending={rescore.isPending} onPress={() => rescore.mutate({ model, operatingPoint })}>
          {TEXTS.rescorePanel.submit}
        </Button>
        {batch.rescores !== undefined && (
          <Link to={`/batches/${batch.rescores.batch_id}`}>{TEXTS.rescorePanel.comparedWith}</Link>
        )}
      </div>
    </Panel>
  );
}

function useRescore(id: string) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (options: { model: string; operatingPoint: OperatingPoint }) => client.rescoreBatch(id, options),
    onSuccess: async (batch) => {
      queryClient.setQueryData(batchKey(batch.id), batch);
      await navigate(`/batches/${batch.id}`);
    },
  });
}
