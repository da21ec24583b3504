export {
  Classifier,
  createPredictionColumns,
  type Neighbor,
  type Prediction,
  type PredictionColumns,
  type PredictOptions,
} from './classifier';
export { describeDrift, type Drift, type DriftNote, hasHistogram, HISTOGRAM_SLOTS } from './drift/drift';
export {
  type Answers,
  bootstrapIntervals,
  type Candidate,
  type ConformalFigures,
  crossValidate,
  type CrossValidation,
  type Curves,
  createRandom,
  deduplicate,
  drawCurves,
  type EvaluationData,
  figureNames,
  type GreyZoneFigures,
  type Interval,
  judgeChronologically,
  judgeConformalSets,
  leakIds,
  type MetricKind,
  type NestedAnswers,
  type QualityFigures,
  type Random,
  type RuleKind,
  type ScalingKind,
  type Space,
  spaces,
  summarize,
  type Summary,
} from './evaluation/index';
export type { ClassName, ConformalEvidence, Evidence, FeatureChange, FlipEvidence, MissingEvidence, ShapleyEvidence } from './evidence/evidence';
export { Explainer } from './evidence/explainer';
export { fit, type FitOptions } from './fit';
export type { Paths } from './kernel/paths';
export { serializeModel } from './modelbytes';
export { type Model, parseModel, type TrainingSet } from './model';
export {
  type Figures,
  type MetricName,
  type ModelFile,
  ModelFileError,
  type ModelFileErrorCode,
  type OperatingPoint,
  type RuleName,
} from './modelfile';
export { DISTANCE_ALARM, GREY_ZONE, reasonCodes, reasonText } from './reasons';
export { createTrainingSet, groupById, type LabelledSample, TrainingDataError, type TrainingDataErrorCode } from './trainingdata';
