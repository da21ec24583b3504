export { explainColumns } from './explain-columns';
export { DEFAULT_MODEL, type LoadedModel, ModelDigestError, NothingToRollBackError, Registry, UnknownModelError } from './registry';
