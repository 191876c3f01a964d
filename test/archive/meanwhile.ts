import type { ByteRange, Download, ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import { HookedStore } from "../hooked-store.ts";

/** A store in which something happens before the n-th time that it is read, counted from 0, and which counts. */
export class MeanwhileStore extends HookedStore {
  reads = 0;
  readonly #at: number;
  readonly #happen: () => Promise<void>;

  constructor(store: ObjectStore, at: number, happen: () => Promise<void>) {
    super(store, () => undefined);
    this.#at = at;
    this.#happen = happen;
  }

  override async *list(prefix: string, after?: string): AsyncIterable<ObjectEntry> {
    await this.#count();
    yield* super.list(prefix, after);
  }

  override async read(key: string, range?: ByteRange): Promise<Uint8Array> {
    await this.#count();
    return await super.read(key, range);
  }

  override async download(key: string, file: string, expectedEtag?: string): Promise<Download> {
    await this.#count();
    return await super.download(key, file, expectedEtag);
  }

  async #count(): Promise<void> {
    if (this.reads++ === this.#at) await this.#happen();
  }
}
