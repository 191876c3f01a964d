import { existsSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { downloadWritten } from "../../lake/download-written.ts";
import type { WrittenTable } from "../../lake/landing/export-manifest.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import { subdirectory } from "../../storage/workspace.ts";

/** Makes of a downloaded file the one that is kept. */
type Prepare = (from: string, to: string) => Promise<void>;

/** A table of a day. */
interface DayTable extends Pick<WrittenTable, "key" | "sha256"> {
  /** UTC. */
  date: string;
}

/**
 * Local copies of tables, kept for the next question: the days of a month are read from the store once. Named by the digest of the table, so a day that
 * was built again is a new file. For one question at a time.
 */
export class KeptFiles {
  readonly #lake: ObjectStore;
  readonly #directory: string;
  readonly #mostBytes: number;
  /** By digest, in the order of their last use. */
  readonly #kept = new Map<string, { date: string; size: number }>();

  constructor(lake: ObjectStore, directory: string, mostBytes: number) {
    this.#lake = lake;
    this.#directory = directory;
    this.#mostBytes = mostBytes;
  }

  /** Dates of the tables that are kept. */
  get dates(): Set<string> {
    return new Set([...this.#kept.values()].map(({ date }) => date));
  }

  /** Removes the copies of all other tables. @param digests of the tables that the lake has on `dates` */
  async keepOnly(digests: ReadonlySet<string>): Promise<void> {
    for (const sha256 of this.#kept.keys()) if (!digests.has(sha256)) await this.#remove(sha256);
  }

  /**
   * Local files of tables, in their order. Removes the files that were not used for longest where all of them exceed the limit.
   * Throws `object_changed` if a table is not the one of its manifest any more.
   * @param prepare always the same for a table
   */
  async fetch(tables: readonly DayTable[], prepare: Prepare = rename): Promise<string[]> {
    const unkept = [...new Map(tables.map((table) => [table.sha256, table])).values()].filter(({ sha256 }) => !this.#kept.has(sha256) || !existsSync(this.#fileOf(sha256)));
    if (unkept.length > 0) await this.#add(unkept, prepare);
    const used = new Set(tables.map(({ sha256 }) => sha256));
    for (const sha256 of used) this.#touch(sha256);
    await this.#removeUnused(used);
    return tables.map(({ sha256 }) => this.#fileOf(sha256));
  }

  async #add(tables: readonly DayTable[], prepare: Prepare): Promise<void> {
    // Removed whole: when one table cannot be had, the downloads of others are still under way.
    const arriving = await subdirectory(this.#directory);
    const downloaded = (sha256: string): string => join(arriving, `${sha256}.downloaded`);
    const prepared = (sha256: string): string => join(arriving, `${sha256}.parquet`);
    try {
      await pMap(tables, async (table) => await downloadWritten(this.#lake, table, downloaded(table.sha256)), { concurrency: READS_AT_ONCE });
      for (const { sha256, date } of tables) {
        await prepare(downloaded(sha256), prepared(sha256));
        await rm(downloaded(sha256), { force: true });
        const { size } = await stat(prepared(sha256));
        await rename(prepared(sha256), this.#fileOf(sha256));
        this.#kept.set(sha256, { date, size });
      }
    } finally {
      await rm(arriving, { recursive: true, force: true, maxRetries: 10 });
    }
  }

  #touch(sha256: string): void {
    const kept = this.#kept.get(sha256);
    if (kept === undefined) return;
    this.#kept.delete(sha256);
    this.#kept.set(sha256, kept);
  }

  async #removeUnused(used: ReadonlySet<string>): Promise<void> {
    let bytes = [...this.#kept.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [sha256, { size }] of this.#kept) {
      if (bytes <= this.#mostBytes || used.has(sha256)) return;
      await this.#remove(sha256);
      bytes -= size;
    }
  }

  async #remove(sha256: string): Promise<void> {
    await rm(this.#fileOf(sha256), { force: true });
    this.#kept.delete(sha256);
  }

  #fileOf(sha256: string): string {
    return join(this.#directory, `${sha256}.parquet`);
  }
}
