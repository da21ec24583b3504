import type { ModelVersion, OperatingPoint, Session } from '@cytoqueue/client';
import { modelLabel } from '../../models/model-reference';
import { SelectField } from '../../ui/select-field';
import { useModels } from '../../models/model-queries';
import { OperatingPointField } from '../../models/operating-point-field';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './record-form.module.css';

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
    <details className={styles.modelChoice}>
      <summary>{TEXTS.modelChoice.summary}</summary>
      <div className={`${ui.fields} ${ui.wideFields}`}>
        <SelectField
          label={TEXTS.modelChoice.model}
          value={draft.model ?? ''}
          onChange={(model) => change({ model: model === '' ? undefined : model })}
        >
          <option value="">{TEXTS.modelChoice.setting(defaults && modelLabel(defaults.model))}</option>
          {models
            .filter(({ champion }) => champion !== null)
            .map(({ name, champion }) => (
              <option key={name} value={name}>
                {TEXTS.modelChoice.current(`${name} ${champion}`)}
              </option>
            ))}
        </SelectField>
        <OperatingPointField
          positive={positive}
          unset={TEXTS.modelChoice.setting(point && TEXTS.modelChoice.points[point])}
          value={draft.operatingPoint ?? ''}
          onChange={(chosen) => change({ operatingPoint: chosen === '' ? undefined : (chosen as OperatingPoint) })}
          description={TEXTS.modelChoice.thresholdHelp(negative, positive)}
        />
      </div>
    </details>
  );
}
