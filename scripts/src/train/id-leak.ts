import { crossValidate, type EvaluationData, withIdLeak, type LabelledSample, summarize } from '@cytoqueue/training';
import { baselineCandidate } from './recipes';
import type { Protocol, TrainingReport } from './report';

/** What becomes of the baseline when the id is taken for a feature. */
export function compareIdLeak(
  data: EvaluationData,
  rows: readonly LabelledSample[],
  protocol: Protocol,
): TrainingReport['id_leak'] {
  const ids = rows.map(({ id }) => (id === undefined || id.trim() === '' ? NaN : Number(id)));
  if (ids.some(Number.isNaN)) return null;
  const evaluate = (some: EvaluationData) =>
    summarize(crossValidate(some, [baselineCandidate], protocol).predictions[0].probabilities, data.training.labels)
      .figures;
  return { with_id: evaluate(withIdLeak(data, ids)), without_id: evaluate(data) };
}
