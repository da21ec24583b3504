/** Waits for every write to end, then throws the first failure. A rollback that follows cannot race with a write. */
export async function allSettledOrThrow(writes: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(writes)) if (outcome.status === 'rejected') throw outcome.reason;
}
