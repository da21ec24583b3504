import type { ObjectStore } from '@cytoqueue/storage';

const CHANGING: readonly string[] = ['put', 'putOnce', 'delete', 'deletePrefix'];

/** A store on which the process crashes at one call that changes something: before it, or right after. @param call 1-based */
export function dyingStore(store: ObjectStore, call: number, after: boolean): ObjectStore {
  let calls = 0;
  let isDead = false;
  return new Proxy(store, {
    get: (target, name) => {
      const value = target[name as keyof ObjectStore];
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (isDead) throw new Error('dead');
        const dies = CHANGING.includes(name as string) && ++calls === call;
        if (dies) isDead = true;
        if (!dies || after) {
          const result: unknown = await (value as (...given: unknown[]) => unknown).apply(target, args);
          if (!dies) return result;
        }
        throw new Error('killed');
      };
    },
  });
}
