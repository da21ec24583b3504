import { type ObjectStore, type StoreFinding, toStoreFinding } from '@cytoqueue/storage';
import type { ModelEntry, ModelRegistry } from './model-registry';

/**
 * The store's probe, which also puts the shipped models into the store as soon as the store can be used.
 * @param onNewerVersion called once for each model whose champion is older than the version that ships
 */
export function createStoreProbe(
  store: ObjectStore,
  registry: Pick<ModelRegistry, 'installShipped' | 'list'>,
  onNewerVersion?: (model: ModelEntry) => void,
): () => Promise<StoreFinding[]> {
  let isInstalled = false;
  return async () => {
    const findings = await store.probe();
    if (isInstalled || findings.some(({ kind }) => kind !== 'warning')) return findings;
    try {
      await registry.installShipped();
      isInstalled = true;
      if (onNewerVersion === undefined) return findings;
      (await registry.list()).filter(({ newer_version: newer }) => newer !== null).forEach(onNewerVersion);
    } catch (error) {
      findings.push(toStoreFinding('store the shipped models', error));
    }
    return findings;
  };
}
