/** Yields loaded items in order and loads up to `limit` of them ahead, which hides the store's latency. */
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
      // The loop awaits this later; suppress the unhandled-rejection warning until then.
      promise.catch(() => undefined);
      loading.push(promise);
    }
  };
  for (fill(); loading.length > 0; fill()) yield await (loading.shift() as Promise<R>);
}
