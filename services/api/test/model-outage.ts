import { ModelRegistry } from '@cytoqueue/registry';
import { ObjectKeys } from '@cytoqueue/records';
import { type ObjectStore, StoreUnavailableError } from '@cytoqueue/storage';

/** A registry that has read no model yet and cannot: the store does not answer. */
export function registryInOutage(store: ObjectStore): ModelRegistry {
  const get: ObjectStore['get'] = (key, ...rest) =>
    key.startsWith(ObjectKeys.modelsFolder)
      ? Promise.reject(new StoreUnavailableError('the store does not answer'))
      : store.get(key, ...rest);
  return new ModelRegistry(Object.assign(Object.create(store) as ObjectStore, { get }));
}
