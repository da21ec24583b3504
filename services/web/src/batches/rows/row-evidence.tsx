import type { Batch, BatchRow, ExplainedBatchRow, ModelVersion, PredictionResult } from '@cytoqueue/client';
import { EvidencePanels } from '../../predictions/result/evidence-panels';
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
    <EvidencePanels
      record={row.features}
      result={result}
      model={batch.model}
      version={version}
      completedAt={batch.completed_at}
      above={
        unusual && (
          <Panel title={TEXTS.rowEvidence.unusual}>
            <UnusualReasons unusual={unusual} features={version.features} />
          </Panel>
        )
      }
    />
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
