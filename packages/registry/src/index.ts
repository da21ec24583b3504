/** What a model's training data say of a file; the API has it from here, for it loads no classifier. */
export { describeDrift, type Drift, ModelFileError } from '@cytoqueue/classifier';
export { ChampionChangedError } from './champions';
export { explainColumns } from './explain-columns';
export { DEFAULT_MODEL, type LoadedModel, ModelDigestError, type ModelEntry, NoChampionError, NothingToRollBackError, Registry, UnknownModelError } from './registry';
export { type EvaluationSummary, readCard, readEvaluation, readPlot } from './artifacts';
export { createStoreProbe } from './store-probe';
