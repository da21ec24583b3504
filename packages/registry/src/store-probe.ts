import { type ObjectStore, type StoreFinding, toStoreFinding } from '@cytoqueue/storage';
import type { ModelRegistry } from './model-registry';

/** The store's probe, which also puts the shipped models into the store as soon as the store can be used. */
export function createStoreProbe(
  store: ObjectStore,
  registry: Pick<ModelRegistry, 'installShipped'>,
): () => Promise<StoreFinding[]> {
  let isInstalled = false;
  return async () => {
    const findings = await store.probe();
    if (isInstalled || findings.some(({ kind }) => kind !== 'warning')) return findings;
    try {
      await registry.installShipped();
      isInstalled = true;
    } catch (error) {
      findings.push(toStoreFinding('store the shipped models', error));
    }
    return findings;
  };
}
