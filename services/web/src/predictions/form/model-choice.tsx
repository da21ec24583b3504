import type { ModelVersion, OperatingPoint, Session } from '@cytoqueue/client';
import { modelLabel } from '../../models/model-reference';
import { SelectField } from '../../ui/select-field';
import { useModels } from '../../models/model-queries';
import { operatingPointLabels } from '../../models/operating-points';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';

interface ModelChoiceProps {
  draft: Draft;
  change: ChangeDraft;
  defaults: Session['defaults'];
  /** Classes of the model that is used for the draft. */
  labels: ModelVersion['labels'];
}

/** Another model or threshold for this record alone; the next one has the laboratory's settings again. */
export function ModelChoice({ draft, change, defaults, labels: [negative = '', positive = ''] }: ModelChoiceProps) {
  const { data: models = [] } = useModels();
  const point = defaults?.operating_point;
  return (
    <details className="model-choice">
      <summary>Change for this record</summary>
      <div className="fields">
        <SelectField
          label="Model"
          value={draft.model ?? ''}
          onChange={(model) => change({ model: model === '' ? undefined : model })}
        >
          <option value="">{`Laboratory’s setting${defaults === undefined ? '' : `: ${modelLabel(defaults.model)}`}`}</option>
          {models
            .filter(({ champion }) => champion !== null)
            .map(({ name, champion }) => (
              <option key={name} value={name}>{`${name} ${champion} (current)`}</option>
            ))}
        </SelectField>
        <SelectField
          label={`Threshold for ${positive}`}
          value={draft.operatingPoint ?? ''}
          onChange={(chosen) => change({ operatingPoint: chosen === '' ? undefined : (chosen as OperatingPoint) })}
          description={`Cautious: low enough to detect 99 % of the ${positive} training cases; more ${negative} cases are classified as ${positive}.`}
        >
          <option value="">{`Laboratory’s setting${point === undefined ? '' : `: ${SHORT_LABELS[point]}`}`}</option>
          {Object.entries(operatingPointLabels(positive)).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
    </details>
  );
}

const SHORT_LABELS: Readonly<Record<OperatingPoint, string>> = { default: 'at 50 %', sensitivity99: 'cautious' };
