export {
  Classifier,
  createPredictionColumns,
  type Neighbor,
  type Prediction,
  type PredictionColumns,
  type PredictOptions,
} from './classifier';
export { ClassMix } from './drift/class-mix';
export { type DriftCause, lengthPowersOf, magnificationOf } from './drift/column-causes';
export type { DriftLimits } from './drift/drift-limits';
export { driftJudgeOf, type FileDrift, judgeFile } from './drift/drift-judges';
export { meanEffect, OtherScales } from './drift/other-scales';
export { DriftJudge, type DriftVerdict, type DriftVerdictName, MIN_VERDICT_ROWS } from './drift/verdict';
export { ClassDistribution } from './novelty/class-distribution';
export { logarithmOffset } from './novelty/logarithm-offset';
export { Novelty } from './novelty/novelty';
export type { NoveltyFile } from './novelty/novelty-file';
export type { UnusualEvidence } from './novelty/unusual-evidence';
export { describeDrift, type Drift, type DriftNote, hasHistogram, HISTOGRAM_SLOTS } from './drift/drift';
export type {
  ClassName,
  ConformalEvidence,
  Evidence,
  FeatureChange,
  FlipEvidence,
  MissingEvidence,
  ShapleyEvidence,
} from './evidence/evidence';
export { Explainer } from './evidence/explainer';
export type { RoutingCounts } from './kernel/routing-counts';
export { serializeModel } from './model/model-bytes';
export { type Model, parseModel, type TrainingSet } from './model/model';
export {
  type MetricValues,
  type MetricName,
  type ModelFile,
  ModelFileError,
  type ModelFileErrorCode,
  type OperatingPoint,
  type RuleName,
} from './model/model-file';
export { UNUSUAL_RECORD, GREY_ZONE, reasonCodes, reasonText } from './knn/reasons';
export { conformalPValue, CONFORMAL_SIGNIFICANCE } from './evidence/conformal/p-value';
export { classRatioScore, plattProbability, voteShare } from './knn/decision-rule';
export { isGreyZone } from './knn/reasons';
export { type RowsByLabel, ClassNeighbors } from './knn/nearest';
export { type Scaling, BruteForceSearch } from './knn/search';
