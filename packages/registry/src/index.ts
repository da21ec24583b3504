export { ChampionChangedError } from './champion-history';
export { isPlot, parseEvaluation, readCard, readEvaluation, readPlot } from './model-artifacts';
export type { AcceptedRisks } from './model-comparisons';
export {
  ChampionInUseError,
  ComparisonMissingError,
  InvalidShadowError,
  LowerSensitivityError,
  ModelDeletedError,
  ModelDigestError,
  NoChampionError,
  NothingToRollBackError,
  UnknownModelError,
  ignoreMissingModel,
} from './model-errors';
export type { LoadedModel } from './model-cache';
export { ModelRegistry } from './model-registry';
export type { ModelEntry } from './model-versions';
export { OwnModels, isOwn } from './own-models';
export { createStoreProbe } from './store-probe';
export type { ShadowCounts } from './shadow-versions';
