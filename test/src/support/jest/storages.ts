import { AsyncLocalStorage } from 'node:async_hooks';

const used = new Set<AsyncLocalStorage<unknown>>();

/**
 * Notes each storage that is used from now on, for `disableStorages`. jest makes one for each test file and leaves it
 * enabled. Before version 24, Node.js passes each new promise to all enabled ones, so that after forty files
 * asynchronous tests take twice the processor time.
 */
export function noteStorages(): void {
  // oxlint-disable-next-line typescript/unbound-method -- only called with a storage as `this`
  const { run } = AsyncLocalStorage.prototype;
  AsyncLocalStorage.prototype.run = function noteAndRun(
    this: AsyncLocalStorage<unknown>,
    ...parameters: Parameters<typeof run>
  ): unknown {
    used.add(this);
    return run.apply(this, parameters);
  } as typeof run;
}

/** Disables the storages that have been used since the last call. */
export function disableStorages(): void {
  for (const storage of used) storage.disable();
  used.clear();
}
