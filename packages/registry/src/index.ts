export { ChampionChangedError } from './champion-history';
export { readCard, readEvaluation, readPlot } from './model-artifacts';
export type { AcceptedRisks } from './model-comparisons';
export {
  ComparisonMissingError,
  InvalidShadowError,
  LowerSensitivityError,
  ModelDigestError,
  NoChampionError,
  NothingToRollBackError,
  UnknownModelError,
  ignoreMissingModel,
} from './model-errors';
export { type LoadedModel, type ModelEntry, ModelRegistry } from './model-registry';
export { createStoreProbe } from './store-probe';
export type { ShadowCounts } from './shadow-versions';
