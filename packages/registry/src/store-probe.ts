import { type ObjectStore, type StoreFinding, storeFindingOf } from '@cytoqueue/storage';
import type { Registry } from './registry';

/** The store's probe, which also puts the shipped models into the store as soon as the store can be used. */
export function createStoreProbe(store: ObjectStore, registry: Pick<Registry, 'seed'>): () => Promise<StoreFinding[]> {
  let isSeeded = false;
  return async () => {
    const findings = await store.probe();
    if (isSeeded || findings.some(({ kind }) => kind !== 'warning')) return findings;
    try {
      await registry.seed();
      isSeeded = true;
    } catch (error) {
      findings.push(storeFindingOf('store the shipped models', error));
    }
    return findings;
  };
}
