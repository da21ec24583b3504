import { allSettledOrThrow } from './all-settled-or-throw';

/** Runs `work` for every item, at most `limit` at once. Throws the first failure once the running ones have ended. */
export async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  await allSettledOrThrow(Array.from({ length: Math.min(limit, items.length) }, run));
}
