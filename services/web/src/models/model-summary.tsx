import type { ModelPin, OperatingPoint } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { formatShare } from '../ui/format';
import { useModelVersion } from './model-queries';
import { modelAddress, modelLabel } from './model-reference';
import { TEXTS } from './texts';
import styles from './models.module.css';

interface ModelSummaryProps {
  model: Pick<ModelPin, 'name' | 'version'>;
  /** undefined where it is not known. */
  operatingPoint: OperatingPoint | undefined;
  /** A control at the end. */
  children?: ReactNode;
}

/** States the model and the threshold that results depend on; marked when the threshold is not the default. */
export function ModelSummary({ model, operatingPoint, children }: ModelSummaryProps) {
  const { data: version } = useModelVersion(model.name, model.version);
  const positive = version?.labels[1] ?? 'malignant';
  const threshold = operatingPoint === undefined ? undefined : version?.operating_points[operatingPoint];
  return (
    <div className={styles.context} data-cautious={operatingPoint === 'sensitivity99' || undefined}>
      <dl>
        <div>
          <dt>{TEXTS.modelSummary.model}</dt>
          <dd translate="no">
            <Link to={modelAddress(model.name, model.version)}>{modelLabel(model)}</Link>
          </dd>
        </div>
        {threshold !== undefined && (
          <div>
            <dt>{TEXTS.modelSummary.threshold(positive)}</dt>
            <dd>
              <span translate="no">{formatShare(threshold)}</span>{' '}
              <span>
                {operatingPoint === 'sensitivity99' ? TEXTS.modelSummary.cautious : TEXTS.modelSummary.default}
              </span>
            </dd>
          </div>
        )}
        <div>
          <dt>{TEXTS.modelSummary.undecided}</dt>
          <dd translate="no">{TEXTS.modelSummary.undecidedRange}</dd>
        </div>
      </dl>
      {children}
    </div>
  );
}
