/** Loads items in their order, up to `ahead` of them at once: hides the store's latency without holding more than a few. */
export async function* prefetch<T, R>(
  items: readonly T[],
  limit: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const loading: Promise<R>[] = [];
  let next = 0;
  const fill = () => {
    while (loading.length < limit && next < items.length) {
      const promise = load(items[next++]);
      // Awaited in its turn; until then its failure must not count as unhandled.
      promise.catch(() => undefined);
      loading.push(promise);
    }
  };
  for (fill(); loading.length > 0; fill()) yield await (loading.shift() as Promise<R>);
}
