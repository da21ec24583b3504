import type { ListOptions, ObjectInfo, ObjectStore } from './object-store';

/** Yields every object below `prefix`, ascending by key. Holds one page in memory. */
export async function* listAll(
  store: ObjectStore,
  prefix: string,
  options: Pick<ListOptions, 'startAfter' | 'onUnreadable'> = {},
): AsyncGenerator<ObjectInfo> {
  const query: ListOptions = { prefix, ...options };
  for (;;) {
    const { objects, truncated } = await store.list(query);
    yield* objects;
    if (!truncated) return;
    query.startAfter = objects.at(-1)!.key;
  }
}

/** Yields the names of the folders directly below a prefix, ascending. @param from exclusive: start after this prefix */
export async function* listFolders(
  store: ObjectStore,
  prefix: string,
  from?: string,
  options: Pick<ListOptions, 'emptyFolders'> = {},
): AsyncGenerator<string> {
  let startAfter = from;
  for (;;) {
    const page = await store.list({ prefix, startAfter, delimiter: '/', ...options });
    for (const folder of page.prefixes) yield folder.slice(prefix.length, -1);
    if (!page.truncated) return;
    // A page may end with objects that stand beside the folders.
    const [folder = '', object = ''] = [page.prefixes.at(-1), page.objects.at(-1)?.key];
    startAfter = folder > object ? folder : object;
  }
}
