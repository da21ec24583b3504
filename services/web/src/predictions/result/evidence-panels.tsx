import type { FeatureValues, ModelPin, ModelVersion, PredictionResult } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { Panel } from '../../ui/panel';
import { ui } from '../../ui/styles';
import { ConfidencePanel } from './confidence-panel';
import { FlipPanel } from './flip-panel';
import { ModelPanel } from './model-panel';
import { NeighborsPanel } from './neighbors-panel';
import styles from './result.module.css';
import { ShapleyPanel } from './shapley-panel';
import { TEXTS } from './texts';
import { ValuesList } from './values-list';

/** Features that fit on one sheet as rows of the table of nearest cases, below the other panels. */
const MAX_PRINTED_ROWS = 15;

interface EvidencePanelsProps {
  record: FeatureValues;
  result: PredictionResult;
  model: ModelPin;
  version: ModelVersion;
  completedAt: string | undefined;
  /** Stands above the panels, as wide as the page. */
  above: ReactNode;
  /** Stands above ConfidencePanel. */
  children?: ReactNode;
}

/**
 * The evidence for the result of a record or row. Each panel answers one question: how certain is it, what would change
 * it, which features decided it, which training rows are like it, and which model computed it.
 */
export function EvidencePanels({ record, result, model, version, completedAt, above, children }: EvidencePanelsProps) {
  const printsCases = version.features.length <= MAX_PRINTED_ROWS;
  return (
    <div className={printsCases ? styles.evidence : `${styles.evidence} ${styles.briefCases}`}>
      {above}
      {!printsCases && (
        <Panel title={TEXTS.resultView.values} className={`${styles.wide} ${ui.printOnly}`}>
          <ValuesList values={record} features={version.features} />
        </Panel>
      )}
      <div className={styles.column}>
        {children}
        <ConfidencePanel result={result} model={model} />
        <FlipPanel result={result} version={version} />
      </div>
      <ShapleyPanel result={result} version={version} />
      <NeighborsPanel record={record} neighbors={result.neighbors} version={version} printsFeatures={printsCases} />
      <ModelPanel model={model} version={version} operatingPoint={result.operating_point} completedAt={completedAt} />
    </div>
  );
}
