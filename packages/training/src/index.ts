export { type ChartData, drawCharts } from './card/charts';
export { formatPercent, formatScore, markdownTable } from './card/markdown';
export { evaluateDrift, type DriftReport } from './drift/evaluate-drift';
export { fitDriftLimits } from './drift/fit-drift-limits';
export type { Candidate } from './evaluation/candidate';
export {
  type CandidatePredictions,
  crossValidate,
  crossValidateOne,
  type NestedPredictions,
} from './evaluation/cross-validation';
export { computeCurves, type Curves } from './evaluation/curves';
export { type ComparedRecords, compareModels, type ModelComparison } from './evaluation/compare-models';
export {
  type CandidateMetric,
  type CandidateScaling,
  type DistanceConfig,
  distanceConfigs,
} from './evaluation/distance-configs';
export type { EvaluationMetrics } from './evaluation/evaluation-metrics';
export { deduplicate, evaluateChronologically, withIdLeak } from './evaluation/protocols';
export type { EvaluationData } from './evaluation/split-statistics';
export {
  bootstrapIntervals,
  type ConformalMetrics,
  evaluateConformalSets,
  type Interval,
  summarize,
} from './evaluation/summary';
export { fit, type FitOptions } from './fit';
export { chooseNovelty, evaluateNovelty, type NoveltyReport, type ShiftCounts } from './novelty/evaluate-novelty';
export { NoveltyFit, type NoveltyOptions } from './novelty/fit-novelty';
export { simulatedShifts } from './novelty/simulated-shifts';
export { createTrainingSet, groupById, type LabelledSample, TrainingDataError } from './training-data';
export {
  answerFold,
  fitOwnModel,
  labelledSamples,
  fitUnlikeTraining,
  noveltyRowsOfClass,
  type FoldAnswers,
  type OwnModel,
  ownModelFile,
  type OwnModelOptions,
} from './own/own-model';
export { type OwnTraining, writeOwnCard } from './own/own-card';
