import type { ObjectStore, Unlistable } from "./object-store.ts";

/** The same store, but its listings report what cannot be listed and skip it. */
export function tellingStore(store: ObjectStore, tell: (place: Unlistable) => void): ObjectStore {
  return {
    url: store.url,
    locks: store.locks,
    list: (prefix, after) => store.list(prefix, after, tell),
    head: async (key) => await store.head(key),
    read: async (key, range) => await store.read(key, range),
    download: async (key, file, expectedEtag) => await store.download(key, file, expectedEtag),
    create: async (key, body, retention) => await store.create(key, body, retention),
    replace: async (key, body, retention) => await store.replace(key, body, retention),
    remove: async (key) => await store.remove(key),
  };
}
