/** Waits for all before it fails with the first failure: what is taken back afterwards must not be written meanwhile. */
export async function allSettledOrThrow(writes: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(writes)) if (outcome.status === 'rejected') throw outcome.reason;
}
