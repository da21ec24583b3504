import type { ModelPin, ModelVersion, PredictionResult } from '@cytoqueue/client';
import { Link } from 'react-router';
import { modelAddress, modelLabel } from '../../models/model-reference';
import { formatDateTime, formatShare } from '../../ui/format';
import { Panel } from '../../ui/panel';

interface ModelPanelProps {
  model: ModelPin;
  version: ModelVersion;
  operatingPoint: PredictionResult['operating_point'];
  completedAt: string | undefined;
}

/** The model and the threshold that a result depends on, and what the model is not made for. */
export function ModelPanel({ model, version, operatingPoint, completedAt }: ModelPanelProps) {
  return (
    <Panel title="Model and limits of use" className="wide">
      <dl className="facts">
        <div>
          <dt>Model</dt>
          <dd>
            <Link to={modelAddress(model.name, model.version)}>{modelLabel(model)}</Link>
          </dd>
        </div>
        <div>
          <dt>Method</dt>
          <dd>
            compares with {version.training.rows} training cases,{' '}
            {version.rule === 'class-ratio'
              ? `the ${version.k} nearest of each class`
              : `of which the ${version.k} nearest decide`}
          </dd>
        </div>
        <div>
          <dt>Threshold for {version.labels[1]}</dt>
          <dd>
            {formatShare(operatingPoint.threshold)} probability
            {operatingPoint.name === 'sensitivity99' && ' (cautious)'}
          </dd>
        </div>
        {completedAt !== undefined && (
          <div>
            <dt>Scored</dt>
            <dd>{formatDateTime(completedAt)}</dd>
          </div>
        )}
        <div className="digest">
          <dt>Model digest (SHA-256)</dt>
          <dd>
            <code>{model.digest}</code>
          </dd>
        </div>
      </dl>
      <ul className="limits">
        {version.limits_of_use.map((limit) => (
          <li key={limit}>{limit}</li>
        ))}
      </ul>
    </Panel>
  );
}
