import { type Answers, bootstrapIntervals, crossValidate, deduplicate, drawCurves, type EvaluationData, judgeChronologically, judgeConformalSets, summarize } from '@cytoqueue/classifier'; // prettier-ignore
import type { ModelReport, Protocol } from './report';

export type ModelFigures = Pick<
  ModelReport,
  'cv' | 'cv_intervals' | 'cv_monte_carlo_error' | 'cv_repetitions' | 'deduplicated' | 'chronological' | 'conformal' | 'curves'
>;

/** What is measured of one candidate, from its out-of-fold answers and by the other protocols. */
export function evaluateModel({ candidate, probabilities, pValues }: Answers, data: EvaluationData, protocol: Protocol): ModelFigures {
  const { labels } = data.training;
  const { figures, repetitions, monteCarloError } = summarize(probabilities, labels);
  const distinct = deduplicate(data);
  const [ofDistinct] = crossValidate(distinct, [candidate], protocol).answers;
  return {
    cv: figures,
    cv_intervals: bootstrapIntervals(probabilities, data, protocol.seed),
    cv_monte_carlo_error: monteCarloError,
    cv_repetitions: repetitions,
    deduplicated: summarize(ofDistinct.probabilities, distinct.training.labels).figures,
    chronological: protocol.last_known_row === null ? null : judgeChronologically(data, protocol.last_known_row, candidate),
    conformal: pValues.length === 0 ? null : judgeConformalSets(pValues, labels),
    curves: drawCurves(probabilities, labels),
  };
}
