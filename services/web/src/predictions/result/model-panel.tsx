import type { ModelPin, ModelVersion, PredictionResult } from '@cytoqueue/client';
import { Link } from 'react-router';
import { modelAddress, modelLabel } from '../../models/model-reference';
import { formatDateTime, formatShare } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './result.module.css';

interface ModelPanelProps {
  model: ModelPin;
  version: ModelVersion;
  operatingPoint: PredictionResult['operating_point'];
  completedAt: string | undefined;
}

/** The model and the threshold that a result depends on, and what the model is not made for. */
export function ModelPanel({ model, version, operatingPoint, completedAt }: ModelPanelProps) {
  return (
    <Panel title={TEXTS.modelPanel.title} className={styles.wide}>
      <dl className={ui.facts}>
        <div>
          <dt>{TEXTS.modelPanel.model}</dt>
          <dd>
            <Link to={modelAddress(model.name, model.version)}>{modelLabel(model)}</Link>
          </dd>
        </div>
        <div>
          <dt>{TEXTS.modelPanel.method}</dt>
          <dd>{TEXTS.modelPanel.methodText(version.training.rows, version.rule === 'class-ratio', version.k)}</dd>
        </div>
        <div>
          <dt>{TEXTS.modelPanel.threshold(version.labels[1] ?? '')}</dt>
          <dd>
            {TEXTS.modelPanel.thresholdText(
              formatShare(operatingPoint.threshold),
              operatingPoint.name === 'sensitivity99',
            )}
          </dd>
        </div>
        {completedAt !== undefined && (
          <div>
            <dt>{TEXTS.modelPanel.scored}</dt>
            <dd>{formatDateTime(completedAt)}</dd>
          </div>
        )}
        <div className={ui.digest}>
          <dt>{TEXTS.modelPanel.digest}</dt>
          <dd>
            <code>{model.digest}</code>
          </dd>
        </div>
      </dl>
      <ul className={`${ui.bullets} ${styles.limits}`}>
        {version.limits_of_use.map((limit) => (
          <li key={limit}>{limit}</li>
        ))}
      </ul>
    </Panel>
  );
}
