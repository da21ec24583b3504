import type { ObjectInfo, ObjectStore } from '@cytoqueue/storage';

/** A view of a store whose keys all lie below a prefix, so that its user cannot name an object outside it. */
export function storeBelow(store: ObjectStore, prefix: string): ObjectStore {
  const at = (key: string) => prefix + key;
  const shown = (info: ObjectInfo): ObjectInfo => ({ ...info, key: info.key.slice(prefix.length) });
  return {
    url: store.url,
    presigns: store.presigns,
    put: (key, body, options) => store.put(at(key), body, options),
    putWithMarker: (key, body, marker, options) => store.putWithMarker(at(key), body, at(marker), options),
    putOnce: (key, body, options) => store.putOnce(at(key), body, options),
    copy: (from, to) => store.copy(at(from), at(to)),
    get: (key, buffer, maxBytes) => store.get(at(key), buffer, maxBytes),
    getWithTime: (key, maxBytes) => store.getWithTime(at(key), maxBytes),
    getRange: (key, range, buffer) => store.getRange(at(key), range, buffer),
    getStream: (key, range) => store.getStream(at(key), range),
    pipeTo: (key, target, range) => store.pipeTo(at(key), target, range),
    head: async (key) => {
      const info = await store.head(at(key));
      return info && shown(info);
    },
    list: async ({ prefix: wanted, startAfter, ...options }) => {
      const page = await store.list({
        ...options,
        prefix: at(wanted),
        ...(startAfter !== undefined && { startAfter: at(startAfter) }),
      });
      return {
        ...page,
        objects: page.objects.map(shown),
        prefixes: page.prefixes.map((found) => found.slice(prefix.length)),
      };
    },
    delete: (key) => store.delete(at(key)),
    deletePrefix: (wanted) => store.deletePrefix(at(wanted)),
    presignGet: (key, options) => store.presignGet(at(key), options),
    checkWritable: () => store.checkWritable(),
    probe: () => store.probe(),
    // The store itself is started and stopped by its owner.
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}
