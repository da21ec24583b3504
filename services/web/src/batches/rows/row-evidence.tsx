import type { Batch, BatchRow, ExplainedBatchRow, ModelVersion, PredictionResult } from '@cytoqueue/client';
import { ConfidencePanel } from '../../predictions/result/confidence-panel';
import { FlipPanel } from '../../predictions/result/flip-panel';
import { ModelPanel } from '../../predictions/result/model-panel';
import { NeighborsPanel } from '../../predictions/result/neighbors-panel';
import { ShapleyPanel } from '../../predictions/result/shapley-panel';
import { UnusualReasons } from '../../predictions/result/unusual-reasons';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { Panel } from '../../ui/panel';
import { useRowEvidence } from './row-queries';
import { TEXTS } from './texts';

interface RowEvidenceProps {
  batch: Batch;
  row: BatchRow & Required<Pick<BatchRow, 'result'>>;
  version: ModelVersion;
  threshold: number;
}

/** The same evidence as for a single record; a worker computes it when the row is opened. */
export function RowEvidence({ batch, row, version, threshold }: RowEvidenceProps) {
  const { data, error, refetch } = useRowEvidence(batch.id, batch.completed_at ?? '', row.row);
  const result = data && toResult(row, data, { name: batch.operating_point ?? 'default', threshold });
  if (result === undefined)
    return error === null ? (
      <Loading>{TEXTS.rowEvidence.computing}</Loading>
    ) : (
      <ErrorNotice error={error} what={TEXTS.rowEvidence.loadFailed} onRetry={() => void refetch()} />
    );
  const { unusual } = result.evidence;
  return (
    <div className="answer">
      {unusual && (
        <Panel title={TEXTS.rowEvidence.unusual} className="wide">
          <UnusualReasons unusual={unusual} features={version.features} />
        </Panel>
      )}
      <div className="column">
        <ConfidencePanel result={result} model={batch.model} />
        <FlipPanel result={result} version={version} />
      </div>
      <ShapleyPanel result={result} version={version} />
      <NeighborsPanel record={row.features} neighbors={result.neighbors} version={version} />
      <ModelPanel
        model={batch.model}
        version={version}
        operatingPoint={result.operating_point}
        completedAt={batch.completed_at}
      />
    </div>
  );
}

/** @returns undefined while the worker has not finished */
function toResult(
  row: RowEvidenceProps['row'],
  { neighbors, evidence }: ExplainedBatchRow,
  operating_point: PredictionResult['operating_point'],
): PredictionResult | undefined {
  if (neighbors === undefined || evidence === undefined) return undefined;
  return { ...row.result, operating_point, neighbors, evidence };
}
