import { type CandidatePredictions, bootstrapIntervals, crossValidateOne, deduplicate, computeCurves, type EvaluationData, evaluateChronologically, evaluateConformalSets, summarize } from '@cytoqueue/training'; // prettier-ignore
import type { ModelReport, Protocol } from './report';

export type ModelScores = Pick<
  ModelReport,
  | 'cv'
  | 'cv_intervals'
  | 'cv_monte_carlo_error'
  | 'cv_repetitions'
  | 'deduplicated'
  | 'chronological'
  | 'conformal'
  | 'curves'
>;

/** Evaluates one candidate by its out-of-fold predictions and by the other protocols. */
export function evaluateModel(
  { candidate, probabilities, pValues }: CandidatePredictions,
  data: EvaluationData,
  protocol: Protocol,
): ModelScores {
  const { labels } = data.training;
  const { metrics, repetitions, monteCarloError } = summarize(probabilities, labels);
  const distinct = deduplicate(data);
  const ofDistinct = crossValidateOne(distinct, candidate, protocol);
  return {
    cv: metrics,
    cv_intervals: bootstrapIntervals(probabilities, data, protocol.seed),
    cv_monte_carlo_error: monteCarloError,
    cv_repetitions: repetitions,
    deduplicated: summarize(ofDistinct.probabilities, distinct.training.labels).metrics,
    chronological:
      protocol.last_known_row === null ? null : evaluateChronologically(data, protocol.last_known_row, candidate),
    conformal: pValues.length === 0 ? null : evaluateConformalSets(pValues, labels),
    curves: computeCurves(probabilities, labels),
  };
}
