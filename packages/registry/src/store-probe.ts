import { type ObjectStore, type StoreFinding, toStoreFinding } from '@cytoqueue/storage';
import type { ModelRegistry } from './model-registry';
import type { ModelEntry } from './model-versions';

/**
 * Probes the store, and installs the shipped models once the store is usable.
 * @param onNewerVersion called once for each model whose champion is older than the newest shipped version
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
