import { LedgerError } from "../../src/ledger/errors.ts";
import type { ObjectLocks, Protection, Retention } from "../../src/storage/object-locks.ts";
import type { ByteRange, Download, ObjectBody, ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";

/** A store in front of another that locks as a bucket with Object Lock does; what it hides it forgets. */
export class LockingStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #now: () => Date;
  readonly protections = new Map<string, Protection>();
  /** What was said of locks, in order. */
  readonly told: string[] = [];
  /** Whether a worker dies before it sets or takes off a legal hold. */
  dies = false;

  constructor(store: ObjectStore, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  get url(): string {
    return this.#store.url;
  }

  readonly locks: ObjectLocks = {
    isEnabled: () => Promise.resolve(true),
    protectionOf: (key) => Promise.resolve(this.#of(key)),
    async *overwritten() {
      // One version is all that a folder keeps.
    },
    prolong: (key, retention) => {
      this.protections.set(key, { ...this.#of(key), retention });
      return Promise.resolve();
    },
    setLegalHold: (key, on) => {
      if (this.dies) return Promise.reject(new Error("killed"));
      this.told.push(`${on ? "hold" : "free"} ${key}`);
      this.protections.set(key, { ...this.#of(key), legalHold: on });
      return Promise.resolve();
    },
    erase: async (key) => {
      this.#refuseLocked(key);
      this.told.push(`erase ${key}`);
      this.protections.delete(key);
      await this.#store.remove(key);
    },
    eraseEarlier: (key) => {
      this.told.push(`erase earlier ${key}`);
      return Promise.resolve();
    },
  };

  #of(key: string): Protection {
    return this.protections.get(key) ?? { retention: undefined, legalHold: false };
  }

  #refuseLocked(key: string): void {
    const { retention, legalHold } = this.#of(key);
    if (legalHold || (retention !== undefined && retention.until > this.#now())) throw new LedgerError("object_locked", `${key} is locked`, { remedy: "wait" });
  }

  list(prefix: string, after?: string): AsyncIterable<ObjectEntry> {
    return this.#store.list(prefix, after);
  }

  async head(key: string): Promise<ObjectEntry | undefined> {
    return await this.#store.head(key);
  }

  async read(key: string, range?: ByteRange): Promise<Uint8Array> {
    return await this.#store.read(key, range);
  }

  async download(key: string, file: string, expectedEtag?: string): Promise<Download> {
    return await this.#store.download(key, file, expectedEtag);
  }

  async create(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
    const created = await this.#store.create(key, body);
    if (created !== undefined) this.protections.set(key, { retention, legalHold: false });
    return created;
  }

  async replace(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry> {
    this.protections.set(key, { retention, legalHold: false });
    return await this.#store.replace(key, body);
  }

  async remove(key: string): Promise<void> {
    await this.#store.remove(key);
  }
}
