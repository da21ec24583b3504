import { CONFORMAL_SIGNIFICANCE } from '@cytoqueue/classifier';
import type { CandidatePredictions } from './cross-validation';
import { evaluationMetricNames, Evaluator, type EvaluationMetrics } from './evaluation-metrics';
import { drawGroups, percentileInterval } from './resampling';
import type { EvaluationData } from './split-statistics';

export type Interval = readonly [low: number, high: number];

export interface Summary {
  /** Means over the repetitions. */
  readonly metrics: EvaluationMetrics;
  /** By repetition. */
  readonly repetitions: readonly EvaluationMetrics[];
  /** Standard error of the means due to the choice of folds: standard deviation over repetitions / √repetitions. */
  readonly monteCarloError: EvaluationMetrics;
}

/** Evaluates predictions, given one set of probabilities per repetition. */
export function summarize(probabilities: readonly Float64Array[], labels: Uint8Array): Summary {
  const repetitions = probabilities.map((repetition) => new Evaluator(repetition, labels).evaluate());
  const over = (statistic: (values: number[]) => number) =>
    Object.fromEntries(
      evaluationMetricNames.map((name) => [name, statistic(repetitions.map((metrics) => metrics[name]))]),
    ) as unknown as EvaluationMetrics;
  return {
    metrics: over(mean),
    repetitions,
    monteCarloError: over((values) => deviation(values) / Math.sqrt(values.length)),
  };
}

/** 95 % bootstrap intervals for other patients. Each resample is evaluated on the next repetition. */
export function bootstrapIntervals(
  probabilities: readonly Float64Array[],
  { training: { labels }, groups }: EvaluationData,
  seed: number,
): Record<keyof EvaluationMetrics, Interval> {
  const evaluators = probabilities.map((repetition) => new Evaluator(repetition, labels));
  const resampled = drawGroups(groups, seed, (weights, resample) =>
    evaluators[resample % evaluators.length].evaluate(weights),
  );
  return Object.fromEntries(
    evaluationMetricNames.map((name) => [name, percentileInterval(resampled.map((metrics) => metrics[name]))]),
  ) as Record<keyof EvaluationMetrics, Interval>;
}

export interface ConformalMetrics {
  /** Share of the records whose set contains their true class. */
  readonly coverage: number;
  readonly mean_set_size: number;
}

export function evaluateConformalSets(pValues: CandidatePredictions['pValues'], labels: Uint8Array): ConformalMetrics {
  let [covered, members, sets] = [0, 0, 0];
  for (const byClass of pValues) {
    labels.forEach((label, row) => {
      if (byClass[label][row] > CONFORMAL_SIGNIFICANCE) covered++;
      members += byClass.filter((values) => values[row] > CONFORMAL_SIGNIFICANCE).length;
      sets++;
    });
  }
  return { coverage: covered / sets, mean_set_size: members / sets };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / Math.max(1, values.length - 1));
}
