import { crossValidateOne, type EvaluationData, withIdLeak, type LabelledSample, summarize } from '@cytoqueue/training';
import { baselineCandidate } from './recipes';
import type { Protocol, TrainingReport } from './report';

/** Evaluates the baseline with and without the id as a feature. */
export function compareIdLeak(
  data: EvaluationData,
  rows: readonly LabelledSample[],
  protocol: Protocol,
): TrainingReport['id_leak'] {
  const ids = rows.map(({ id }) => (id === undefined || id.trim() === '' ? NaN : Number(id)));
  if (ids.some(Number.isNaN)) return null;
  const evaluate = (variant: EvaluationData) =>
    summarize(crossValidateOne(variant, baselineCandidate, protocol).probabilities, data.training.labels).metrics;
  return { with_id: evaluate(withIdLeak(data, ids)), without_id: evaluate(data) };
}
