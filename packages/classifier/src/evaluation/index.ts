export type { Candidate, RuleKind } from './candidate';
export { type Answers, crossValidate, type CrossValidation, type CrossValidationOptions, type NestedAnswers } from './crossvalidation';
export { type Curves, drawCurves, type GreyZoneFigures } from './curves';
export { figureNames, type QualityFigures } from './figures';
export { createRandom, type Random } from './random';
export { type MetricKind, type ScalingKind, type Space, spaces } from './spaces';
export { type EvaluationData } from './splitview';
export { bootstrapIntervals, type ConformalFigures, type Interval, judgeConformalSets, summarize, type Summary } from './summary';
export { deduplicate, judgeChronologically, leakIds } from './variants';
