import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import pMap from "p-map";
import { kindOfArchived } from "../../src/lake/layout.ts";
import type { Receipt } from "../../src/archive/copies/receipt.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { REQUEST_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import { READS_AT_ONCE } from "../../src/storage/reads-at-once.ts";
import { keysOf } from "../keys-of.ts";
import { query } from "../query.ts";

export interface LakeDifferences {
  /** Requests of the clean lake that the other one does not have. */
  lost: number;
  /** Rows of the other lake that say again what another row says. */
  duplicated: number;
  /** Keys that only one of them has, or whose bytes differ. */
  differing: string[];
}

/** Holds a lake against one that was made by a single undisturbed run over the same exports. */
export async function compareLakes(clean: ObjectStore, other: ObjectStore): Promise<LakeDifferences> {
  const [expected, found] = [await digests(clean), await digests(other)];
  const keys = new Set([...expected.keys(), ...found.keys()]);
  const differing = [...keys].filter((key) => expected.get(key) !== found.get(key)).toSorted();
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-chaos-"));
  try {
    const [ours, theirs] = [await fetchUsage(clean, join(folder, "clean")), await fetchUsage(other, join(folder, "other"))];
    const distinct = (files: string): string => `SELECT DISTINCT ${REQUEST_COLUMNS.join(", ")} FROM ${files}`;
    const [row] = await query(
      `SELECT (SELECT count(*) FROM (${distinct(ours)} EXCEPT ${distinct(theirs)})) AS lost,
              (SELECT count(*) FROM ${theirs}) - (SELECT count(*) FROM (${distinct(theirs)})) AS duplicated`,
    );
    return { lost: Number(row!["lost"]), duplicated: Number(row!["duplicated"]), differing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether they have the same objects, of one that is being written: an object that is removed meanwhile is a difference. */
export async function areSame(clean: ObjectStore, written: ObjectStore): Promise<boolean> {
  const [expected, found] = [await keysOf(clean, ""), await keysOf(written, "")];
  if (JSON.stringify(expected) !== JSON.stringify(found)) return false;
  try {
    return isDeepStrictEqual(await digests(clean), await digests(written));
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return false;
    throw error;
  }
}

async function digests(store: ObjectStore): Promise<Map<string, string>> {
  const entries = await pMap(
    await keysOf(store, ""),
    async (key): Promise<[string, string]> => [key, createHash("sha256").update(whatIsSame(key, await store.read(key))).digest("hex")],
    { concurrency: READS_AT_ONCE },
  );
  return new Map(entries);
}

/** Receipts tell when an export arrived, and whether it was seen arriving: after a kill between copy and receipt nobody knows. All else is the same. */
function whatIsSame(key: string, bytes: Uint8Array): Uint8Array {
  if (kindOfArchived(key).kind !== "receipt") return bytes;
  const { header } = JSON.parse(Buffer.from(bytes).toString()) as Receipt;
  return Buffer.from(JSON.stringify({ ...header, received_at: null, arrived: null }));
}

/** The SQL that reads the `usage` table, from local copies. */
async function fetchUsage(store: ObjectStore, prefix: string): Promise<string> {
  const files: string[] = [];
  for await (const { key } of store.list("usage/")) {
    const file = `${prefix}-${files.length}.parquet`;
    await store.download(key, file);
    files.push(`'${file}'`);
  }
  if (files.length === 0) return "(SELECT NULL::TIMESTAMPTZ AS ts, NULL::VARCHAR AS instance, NULL::VARCHAR AS capture_id, NULL::BIGINT AS record_id, NULL::VARCHAR AS caller WHERE false)";
  return `read_parquet([${files.join(", ")}], hive_partitioning = false)`;
}
