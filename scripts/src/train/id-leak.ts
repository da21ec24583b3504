import { crossValidate, type EvaluationData, leakIds, type LabelledSample, summarize } from '@cytoqueue/classifier';
import { baselineCandidate } from './recipes';
import type { Protocol, TrainingReport } from './report';

/** What becomes of the baseline when the id is taken for a feature. */
export function compareIdLeak(data: EvaluationData, rows: readonly LabelledSample[], protocol: Protocol): TrainingReport['id_leak'] {
  const ids = rows.map(({ id }) => (id === undefined || id.trim() === '' ? NaN : Number(id)));
  if (ids.some(Number.isNaN)) return null;
  const judge = (some: EvaluationData) =>
    summarize(crossValidate(some, [baselineCandidate], protocol).answers[0].probabilities, data.training.labels).figures;
  return { with_id: judge(leakIds(data, ids)), without_id: judge(data) };
}
