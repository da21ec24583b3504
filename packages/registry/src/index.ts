export { ChampionChangedError } from './champion-history';
export { readCard, readEvaluation, readPlot } from './model-artifacts';
export {
  type LoadedModel,
  ModelDigestError,
  type ModelEntry,
  ModelRegistry,
  NoChampionError,
  NothingToRollBackError,
  UnknownModelError,
} from './model-registry';
export { createStoreProbe } from './store-probe';
