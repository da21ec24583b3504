export {
  type CandidatePredictions,
  bootstrapIntervals,
  type Candidate,
  type ConformalMetrics,
  crossValidate,
  type CrossValidation,
  type Curves,
  createRandom,
  deduplicate,
  computeCurves,
  type EvaluationData,
  evaluationMetricNames,
  type GreyZoneMetrics,
  type Interval,
  evaluateChronologically,
  evaluateConformalSets,
  withIdLeak,
  type CandidateMetric,
  type NestedPredictions,
  type EvaluationMetrics,
  type Random,
  type CandidateRule,
  type CandidateScaling,
  type DistanceConfig,
  distanceConfigs,
  summarize,
  type Summary,
} from './evaluation/index';
export { fit, type FitOptions } from './fit';
export {
  createTrainingSet,
  groupById,
  type LabelledSample,
  TrainingDataError,
  type TrainingDataErrorCode,
} from './training-data';
export { evaluateDrift, type DriftReport } from './drift/evaluate-drift';
export { fitDriftLimits } from './drift/fit-drift-limits';
export { chooseNovelty, evaluateNovelty, type NoveltyReport, type ShiftCounts } from './novelty/evaluate-novelty';
export { NoveltyFit, type NoveltyOptions } from './novelty/fit-novelty';
export { simulatedShifts } from './novelty/simulated-shifts';
