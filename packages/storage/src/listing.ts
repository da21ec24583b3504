import type { ListOptions, ObjectInfo, ObjectStore } from './object-store';

/** Every object below `prefix`, ascending by key, one page in memory at a time. */
export async function* listAll(
  store: ObjectStore, prefix: string, options: { startAfter?: string } = {},
): AsyncGenerator<ObjectInfo> {
  const query: ListOptions = { prefix, ...options };
  for (;;) {
    const { objects, truncated } = await store.list(query);
    yield* objects;
    if (!truncated) return;
    query.startAfter = objects.at(-1)!.key;
  }
}
