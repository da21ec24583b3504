export { DEFAULT_MODEL, type LoadedModel, ModelDigestError, Registry, UnknownModelError } from './registry';
