export { ChampionChangedError } from './champion-history';
export {
  DEFAULT_MODEL,
  type LoadedModel,
  ModelDigestError,
  type ModelEntry,
  NoChampionError,
  NothingToRollBackError,
  ModelRegistry,
  UnknownModelError,
} from './model-registry';
export { type EvaluationSummary, readCard, readEvaluation, readPlot } from './model-artifacts';
export { createStoreProbe } from './store-probe';
