import type { OperatingPoint } from '@cytoqueue/client';
import { SelectField } from '../../ui/select-field';
import { useModels } from '../../models/model-queries';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';

export function ModelChoice({ draft, change }: { draft: Draft; change: ChangeDraft }) {
  const { data: models = [] } = useModels();
  return (
    <details className="model-choice">
      <summary>
        Model: {draft.model}
        {draft.operatingPoint === 'sensitivity99' && ', cautious threshold'}
      </summary>
      <div className="stack">
        <SelectField
          label="Model"
          value={draft.model}
          onChange={(model) => change({ model })}
          description="The version that your laboratory has pinned, or else the current one; the result names it."
        >
          {models
            .filter(({ champion }) => champion !== null)
            .map(({ name, champion }) => (
              <option key={name} value={name}>
                {name} ({champion})
              </option>
            ))}
          {models.length === 0 && <option>{draft.model}</option>}
        </SelectField>
        <SelectField
          label="Threshold for malignant"
          value={draft.operatingPoint ?? ''}
          onChange={(point) => change({ operatingPoint: point === '' ? undefined : (point as OperatingPoint) })}
          description="Cautious: low enough to detect 99 % of the malignant training cases; more benign cases are classified as malignant."
        >
          <option value="">Laboratory’s setting</option>
          <option value="default">At 50 % probability</option>
          <option value="sensitivity99">Cautious</option>
        </SelectField>
      </div>
    </details>
  );
}
