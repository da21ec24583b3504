export type { Candidate, CandidateRule } from './candidate';
export {
  type CandidatePredictions,
  crossValidate,
  type CrossValidation,
  type CrossValidationOptions,
  type NestedPredictions,
} from './cross-validation';
export { type Curves, computeCurves, type GreyZoneMetrics } from './curves';
export { evaluationMetricNames, type EvaluationMetrics } from './evaluation-metrics';
export { createRandom, type Random } from './random';
export { type CandidateMetric, type CandidateScaling, type DistanceConfig, distanceConfigs } from './distance-configs';
export { type EvaluationData } from './split-statistics';
export {
  bootstrapIntervals,
  type ConformalMetrics,
  type Interval,
  evaluateConformalSets,
  summarize,
  type Summary,
} from './summary';
export { deduplicate, evaluateChronologically, withIdLeak } from './protocols';
