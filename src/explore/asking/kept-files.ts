import { existsSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { downloadWritten } from "../../lake/download-written.ts";
import type { WrittenTable } from "../../lake/landing/export-manifest.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";

/** Makes of a downloaded file the one that is kept. */
type Prepare = (from: string, to: string) => Promise<void>;

/**
 * Local copies of tables, kept for the next question: the days of a month are read from the store once. Named by the digest of the table, so a day that
 * was built again is a new file. For one question at a time.
 */
export class KeptFiles {
  readonly #lake: ObjectStore;
  readonly #directory: string;
  readonly #mostBytes: number;
  /** Sizes by digest, in the order of their last use. */
  readonly #kept = new Map<string, number>();

  constructor(lake: ObjectStore, directory: string, mostBytes: number) {
    this.#lake = lake;
    this.#directory = directory;
    this.#mostBytes = mostBytes;
  }

  /**
   * Local files of tables, in their order. Removes the files that were not used for longest where all of them exceed the limit.
   * Throws `object_changed` if a table is not the one of its manifest any more.
   * @param prepare always the same for a table
   */
  async fetch(tables: readonly WrittenTable[], prepare: Prepare = rename): Promise<string[]> {
    const unkept = [...new Map(tables.map((table) => [table.sha256, table])).values()].filter(({ sha256 }) => !this.#kept.has(sha256) || !existsSync(this.#fileOf(sha256)));
    await pMap(unkept, async (table) => await downloadWritten(this.#lake, table, this.#fileOf(table.sha256, "downloaded")), { concurrency: READS_AT_ONCE });
    for (const { sha256 } of unkept) {
      await prepare(this.#fileOf(sha256, "downloaded"), this.#fileOf(sha256));
      await rm(this.#fileOf(sha256, "downloaded"), { force: true });
      this.#kept.set(sha256, (await stat(this.#fileOf(sha256))).size);
    }
    const used = new Set(tables.map(({ sha256 }) => sha256));
    for (const sha256 of used) this.#touch(sha256);
    await this.#removeUnused(used);
    return tables.map(({ sha256 }) => this.#fileOf(sha256));
  }

  #touch(sha256: string): void {
    const size = this.#kept.get(sha256) ?? 0;
    this.#kept.delete(sha256);
    this.#kept.set(sha256, size);
  }

  async #removeUnused(used: ReadonlySet<string>): Promise<void> {
    let bytes = [...this.#kept.values()].reduce((sum, size) => sum + size, 0);
    for (const [sha256, size] of this.#kept) {
      if (bytes <= this.#mostBytes || used.has(sha256)) return;
      this.#kept.delete(sha256);
      await rm(this.#fileOf(sha256), { force: true });
      bytes -= size;
    }
  }

  #fileOf(sha256: string, state: "downloaded" | "kept" = "kept"): string {
    return join(this.#directory, `${sha256}.${state === "kept" ? "parquet" : state}`);
  }
}
