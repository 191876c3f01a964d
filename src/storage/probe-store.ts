import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import { eraseObject } from "./erase-object.ts";
import type { ObjectStore, WritingMode } from "./object-store.ts";

/** The result of trying one thing that a ledger relies on. */
export interface ProbeStep {
  step: string;
  /** Whether the store behaved as it must. */
  ok: boolean;
  result: string;
}

export interface StoreProbe {
  mode: WritingMode;
  steps: ProbeStep[];
}

/** Names whose order differs between sorting by byte, by letter case, by language and by hash. */
const NAMES = ["Z", "a", "a+b", "a-b", "a.b", "a0", "ä", "\uffee", "😀"].map((name) => `order-${name}`);
const NAMES_PER_PAGE = 4;
const RIVALS = 6;

/**
 * Tries everything that a run relies on, with objects whose keys begin with a unique text, and removes them afterwards, with all their
 * versions where that is allowed. Throws the store's error until the first object is written, and a temporary failure at any step: a store
 * that was unreachable tells nothing about its abilities.
 */
export async function probeStore(store: ObjectStore, prefix: string): Promise<StoreProbe> {
  const mode = (await store.prepareWrites?.()) ?? "create-only";
  const trial = new Trial(store, prefix);
  try {
    const first = await trial.create("object", "first");
    if (first === undefined) throw new LedgerError("storage_refused", `${store.url} reports an object that nobody wrote`, { remedy: "check the store, and any proxy in front of it" });
    const steps = await tryAll(trial, first.etag);
    await trial.cleanUp();
    return { mode, steps };
  } catch (error) {
    // The first failure is the reason; a store that refuses everything also refuses to clean up.
    await trial.cleanUp().catch(() => undefined);
    throw error;
  }
}

async function tryAll(trial: Trial, etag: string): Promise<ProbeStep[]> {
  const steps: [step: string, attempt: () => Promise<string>][] = [
    ["read back", () => trial.readBack()],
    ["create only", () => trial.createAgain()],
    ["create in a race", () => trial.race()],
    ["range", () => trial.range()],
    ["ETag", () => trial.compareEtags(etag)],
    ["overwrite", () => trial.overwrite(etag)],
    ["order of listing", () => trial.listInOrder()],
    ["listing in pages", () => trial.listInPages()],
    ["delete", () => trial.remove()],
  ];
  const results: ProbeStep[] = [];
  for (const [step, attempt] of steps) results.push(await attempt().then((result) => ({ step, ok: true, result }), (error: unknown) => failedStep(step, error)));
  return results;
}

function failedStep(step: string, error: unknown): ProbeStep {
  if (error instanceof LedgerError && error.code === "storage_unavailable") throw error;
  return { step, ok: false, result: messageOf(error) };
}

class Trial {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #written = new Set<string>();

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  async create(name: string, text: string) {
    return await this.#store.create(this.#keyOf(name), Buffer.from(text));
  }

  async readBack(): Promise<string> {
    requireThat(await this.#has("object", "first"), "returns different bytes from those that were written: something between here and the store changes contents");
    return "the written bytes";
  }

  async createAgain(): Promise<string> {
    await this.create("once", "first");
    const again = await this.create("once", "second");
    requireThat(again === undefined && (await this.#has("once", "first")), "overwrites objects although told to create only (If-None-Match: *)");
    return "the existing object stays";
  }

  async race(): Promise<string> {
    const texts = Array.from({ length: RIVALS }, (_, rival) => `rival ${String(rival)}`);
    const entries = await Promise.all(texts.map((text) => this.create("race", text)));
    const winners = texts.filter((_, index) => entries[index] !== undefined);
    requireThat(winners.length === 1, `${String(winners.length)} of ${String(RIVALS)} writers of one key got the answer that they created it`);
    requireThat(await this.#has("race", winners[0] ?? ""), "the object differs from the one of the writer that created it according to the store");
    return `one of ${String(RIVALS)} writers wins, and its bytes stay`;
  }

  async range(): Promise<string> {
    const part = await this.#store.read(this.#keyOf("object"), { first: 1, last: 3 });
    requireThat(Buffer.from(part).toString() === "irs", "returns different bytes from the requested range");
    return "the requested bytes";
  }

  async compareEtags(written: string): Promise<string> {
    const key = this.#keyOf("object");
    const [listed] = await this.#list("object");
    const seen = [written, listed?.etag, (await this.#store.head(key))?.etag, (await this.#store.head(key))?.etag, await this.#download(written)];
    requireThat(seen.every((etag) => etag === written), `one object has several ETags, in write, listing, two HEADs and download: ${seen.join(", ")}`);
    return "the same in write, listing, HEAD and download";
  }

  async overwrite(before: string): Promise<string> {
    const { etag } = await this.#store.replace(this.#keyOf("object"), Buffer.from("third"));
    requireThat(await this.#has("object", "third"), "returns the old bytes after an overwrite");
    requireThat(etag !== before && (await this.#store.head(this.#keyOf("object")))?.etag === etag, "an overwrite does not change the ETag");
    const stale = await this.#download(before).then(() => "downloaded", (error: unknown) => (error instanceof LedgerError ? error.code : "unknown"));
    requireThat(stale === "object_changed", "returns an object that was replaced instead of the requested earlier one");
    return "visible at once, with a different ETag";
  }

  async listInOrder(): Promise<string> {
    for (const name of NAMES) await this.create(name, name);
    const behind = NAMES.indexOf("order-a-b");
    requireThat(isEqual(await this.#names("order-"), NAMES), "does not list the objects in order of their keys");
    requireThat(isEqual(await this.#names("order-", NAMES[behind]), NAMES.slice(behind + 1)), "does not list the objects after a key");
    return "by key, also from the middle";
  }

  async listInPages(): Promise<string> {
    const found: string[] = [];
    for await (const { key } of this.#store.listInPages?.(`${this.#prefix}order-`, NAMES_PER_PAGE) ?? this.#store.list(`${this.#prefix}order-`)) found.push(this.#nameOf(key));
    requireThat(isEqual(found, NAMES), `a listing in pages returns ${String(found.length)} of ${String(NAMES.length)} objects`);
    return "each object once";
  }

  async remove(): Promise<string> {
    await this.#store.remove(this.#keyOf("race"));
    const gone = (await this.#store.head(this.#keyOf("race"))) === undefined && (await this.#list("race")).length === 0;
    requireThat(gone, "a deleted object still exists");
    return "gone at once";
  }

  /** Removing alone would keep the objects as earlier versions. */
  async cleanUp(): Promise<void> {
    await Promise.all([...this.#written].map((key) => this.#erase(key)));
  }

  async #erase(key: string): Promise<void> {
    try {
      await eraseObject(this.#store, key);
    } catch (error) {
      // Without the right to see versions, or in a bucket that locks every object, the probe can only be hidden.
      if (!(error instanceof LedgerError) || (error.code !== "storage_denied" && error.code !== "object_locked")) throw error;
      await this.#store.remove(key);
    }
  }

  #keyOf(name: string): string {
    const key = `${this.#prefix}${name}`;
    this.#written.add(key);
    return key;
  }

  #nameOf(key: string): string {
    return key.slice(this.#prefix.length);
  }

  async #has(name: string, text: string): Promise<boolean> {
    return Buffer.from(await this.#store.read(this.#keyOf(name))).toString() === text;
  }

  async #list(name: string, after?: string) {
    const found = [];
    for await (const entry of this.#store.list(this.#prefix + name, after === undefined ? undefined : this.#prefix + after)) found.push(entry);
    return found;
  }

  async #names(name: string, after?: string): Promise<string[]> {
    return (await this.#list(name, after)).map(({ key }) => this.#nameOf(key));
  }

  async #download(etag: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "aperture-ledger-probe-"));
    try {
      return (await this.#store.download(this.#keyOf("object"), join(directory, "object"), etag)).etag;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

function requireThat(holds: boolean, problem: string): void {
  if (!holds) throw new Error(problem);
}

function isEqual(found: readonly string[], expected: readonly string[]): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}
