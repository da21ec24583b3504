import type { ListOptions, ObjectInfo, ObjectStore } from './object-store';

/** Every object below `prefix`, ascending by key, one page in memory at a time. */
export async function* listAll(
  store: ObjectStore, prefix: string, options: Pick<ListOptions, 'startAfter' | 'onUnreadable'> = {},
): AsyncGenerator<ObjectInfo> {
  const query: ListOptions = { prefix, ...options };
  for (;;) {
    const { objects, truncated } = await store.list(query);
    yield* objects;
    if (!truncated) return;
    query.startAfter = objects.at(-1)!.key;
  }
}

/** Names of the folders right below a prefix, ascending. @param from a prefix to start behind */
export async function* foldersBelow(store: ObjectStore, prefix: string, from?: string): AsyncGenerator<string> {
  let startAfter = from;
  for (;;) {
    const page = await store.list({ prefix, startAfter, delimiter: '/' });
    for (const folder of page.prefixes) yield folder.slice(prefix.length, -1);
    if (!page.truncated) return;
    startAfter = page.prefixes.at(-1);
  }
}
