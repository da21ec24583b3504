export {
  Classifier,
  createPredictionColumns,
  type Neighbor,
  type Prediction,
  type PredictionColumns,
} from './classifier';
export { ClassMix } from './drift/class-mix';
export { type DriftCause, lengthPowersOf, magnificationOf } from './drift/column-causes';
export type { DriftLimits } from './drift/drift-limits';
export { driftJudgeOf, type FileDrift, judgeDrift } from './drift/drift-judges';
export { meanEffect, OtherScales } from './drift/other-scales';
export { DriftJudge, type DriftVerdictName, MIN_VERDICT_ROWS } from './drift/verdict';
export { ClassDistribution } from './novelty/class-distribution';
export { logarithmOffset } from './novelty/logarithm-offset';
export { Novelty } from './novelty/novelty';
export type { NoveltyFile } from './novelty/novelty-file';
export { type Drift, HISTOGRAM_BINS } from './drift/drift';
export { CONFORMAL_SIGNIFICANCE, conformalPValue } from './evidence/conformal';
export type { Evidence } from './evidence/evidence';
export { type ExplainedPrediction, Explainer, isFlipSearched } from './evidence/explainer';
export { classRatioScore, plattProbability, voteShare } from './knn/probability';
export { ClassNeighbors, type RowsByLabel } from './knn/nearest';
export { GREY_ZONE, isGreyZone, reasonCodes, UNUSUAL_RECORD } from './knn/reasons';
export { BruteForceSearch, type Scaling } from './knn/search';
export { type Model, parseModel, type TrainingSet } from './model/model';
export { serializeModel } from './model/model-bytes';
export {
  type MetricName,
  type MetricValues,
  type ModelFile,
  ModelFileError,
  type OperatingPoint,
  type RuleName,
} from './model/model-file';
export { createRandom, type Random, shuffle } from './random';
