import type { ObjectLocks, Retention } from "../src/storage/object-locks.ts";
import type { ByteRange, Download, ObjectBody, ObjectEntry, ObjectStore } from "../src/storage/object-store.ts";

export type StoreOperation = "list" | "head" | "read" | "download" | "create" | "replace" | "remove";

/** Called before each operation; what it throws is what the operation throws. */
export type OperationHook = (operation: StoreOperation, key: string) => void;

/** A store that tells of every operation before it happens. */
export class HookedStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #hook: OperationHook;

  constructor(store: ObjectStore, hook: OperationHook) {
    this.#store = store;
    this.#hook = hook;
  }

  get url(): string {
    return this.#store.url;
  }

  get locks(): ObjectLocks | undefined {
    return this.#store.locks;
  }

  async *list(prefix: string, after?: string): AsyncIterable<ObjectEntry> {
    this.#hook("list", prefix);
    yield* this.#store.list(prefix, after);
  }

  async head(key: string): Promise<ObjectEntry | undefined> {
    this.#hook("head", key);
    return await this.#store.head(key);
  }

  async read(key: string, range?: ByteRange): Promise<Uint8Array> {
    this.#hook("read", key);
    return await this.#store.read(key, range);
  }

  async download(key: string, file: string, expectedEtag?: string): Promise<Download> {
    this.#hook("download", key);
    return await this.#store.download(key, file, expectedEtag);
  }

  async create(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
    this.#hook("create", key);
    return await this.#store.create(key, body, retention);
  }

  async replace(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry> {
    this.#hook("replace", key);
    return await this.#store.replace(key, body, retention);
  }

  async remove(key: string): Promise<void> {
    this.#hook("remove", key);
    await this.#store.remove(key);
  }
}

/** Keys of everything that was written or removed, in order. */
export function recordWrites(store: ObjectStore): { store: ObjectStore; writes: string[] } {
  const writes: string[] = [];
  const hooked = new HookedStore(store, (operation, key) => {
    if (operation === "create" || operation === "replace" || operation === "remove") writes.push(`${operation} ${key}`);
  });
  return { store: hooked, writes };
}
