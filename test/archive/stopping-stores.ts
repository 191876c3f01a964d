import type { ObjectStore } from "../../src/storage/object-store.ts";
import { HookedStore, type StoreOperation } from "../hooked-store.ts";

/** A store under which a worker dies before an operation on certain keys. */
export function dyingAt(lake: ObjectStore, operation: StoreOperation, prefix: string): ObjectStore {
  return new HookedStore(lake, (next, key) => {
    if (next === operation && key.startsWith(prefix)) throw new Error("killed");
  });
}

/** A store under which a worker dies as soon as it has created an object. */
export class DyingOnceCreated extends HookedStore {
  constructor(store: ObjectStore) {
    super(store, () => undefined);
  }

  override async create(...[key, body, retention]: Parameters<ObjectStore["create"]>): Promise<never> {
    await super.create(key, body, retention);
    throw new Error("killed");
  }
}

/** A store one of whose operations waits until it is let go: the first of its kind on certain keys, or one after it. */
export class StoppingStore extends HookedStore {
  readonly reached = Promise.withResolvers<void>();
  readonly letGo = Promise.withResolvers<void>();
  readonly #stopAt: (operation: string, key: string) => boolean;

  constructor(store: ObjectStore, operation: "create" | "replace", prefix: string, before = 0) {
    super(store, () => undefined);
    let left = before;
    this.#stopAt = (done, key) => done === operation && key.startsWith(prefix) && left-- === 0;
  }

  override async create(...[key, body, retention]: Parameters<ObjectStore["create"]>): ReturnType<ObjectStore["create"]> {
    await this.#stop("create", key);
    return await super.create(key, body, retention);
  }

  override async replace(...[key, body, retention]: Parameters<ObjectStore["replace"]>): ReturnType<ObjectStore["replace"]> {
    await this.#stop("replace", key);
    return await super.replace(key, body, retention);
  }

  async #stop(operation: string, key: string): Promise<void> {
    if (!this.#stopAt(operation, key)) return;
    this.reached.resolve();
    await this.letGo.promise;
  }
}
