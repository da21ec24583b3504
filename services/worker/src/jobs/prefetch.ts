/** Yields loaded items in order and loads up to `limit` of them ahead, which hides the store's latency. */
export async function* prefetch<T, R>(
  items: readonly T[],
  limit: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const loading: Promise<R>[] = [];
  const remaining = items.values();
  const fill = () => {
    while (loading.length < limit) {
      const next = remaining.next();
      if (next.done === true) return;
      const promise = load(next.value);
      // The loop awaits this later; suppress the unhandled-rejection warning until then.
      promise.catch(() => undefined);
      loading.push(promise);
    }
  };
  for (fill(); loading.length > 0; fill()) yield await (loading.shift() as Promise<R>);
}
