import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, finding } from "../verifier/finding.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { type DayManifest, dayManifest } from "../../lake/days/day-manifest.ts";
import { countRows } from "../../lake/days/day-tables.ts";
import { readDerived } from "../../lake/json-object.ts";
import { DAY_MANIFESTS, layout, USAGE } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Progress } from "../../open/ledger.ts";
import type { CheckedManifests, LandedRows } from "./check-manifests.ts";

export interface CheckedDays {
  findings: Finding[];
  days: number;
  rows: number;
}

export interface DerivedCheck {
  progress: Progress;
  instance: string | undefined;
  /** Keys of the tables to read; undefined reads all. */
  only: ReadonlySet<string> | undefined;
}

/** DuckDB reads only the footers of the tables. */
const DUCK = { threads: 1, mostMemoryMiB: 64 };

/**
 * Compares the `usage` table of each day with the rows landed for it.
 * @param manifests what the manifests of the exports say.
 */
export async function checkDays(
  lake: ObjectStore,
  { landed, lost }: Pick<CheckedManifests, "landed" | "lost">,
  { progress, instance, only }: DerivedCheck,
): Promise<CheckedDays> {
  const isWanted = (of: string): boolean => instance === undefined || of === instance;
  const keys = await listKeys(lake, DAY_MANIFESTS, ({ instance: of }) => isWanted(of));
  const tables = new Set(await listKeys(lake, USAGE, ({ instance: of }) => isWanted(of)));
  const checked: CheckedDays = { findings: [], days: 0, rows: 0 };
  const built = new Set<string>();
  progress.begin("days", keys.length);
  await withWorkspace(async (temporaryDirectory) =>
    withDuckDb({ temporaryDirectory, ...DUCK }, async (duck) => {
      const rowsOf = async (key: string): Promise<{ sha256: string; rows: number | undefined }> => {
        const file = join(temporaryDirectory, "usage.parquet");
        try {
          const { sha256 } = await lake.download(key, file);
          return { sha256, rows: await countRows(duck, file).catch(() => undefined) };
        } finally {
          await rm(file, { force: true });
        }
      };
      for (const key of keys) {
        const day = await readDay(lake, key);
        progress.step();
        if (!("usage" in day)) {
          checked.findings.push(day);
          continue;
        }
        built.add(`${day.date} ${day.instance}`);
        const isThere = tables.delete(day.usage.key);
        if (only !== undefined && !only.has(day.usage.key)) continue;
        const table = isThere ? await rowsOf(day.usage.key) : undefined;
        checked.days++;
        checked.rows += table?.rows ?? 0;
        const found = checkDay(day, table, owedRows(landed.get(`${day.date} ${day.instance}`) ?? [], day) + lostRows(day, lost));
        if (found !== undefined) checked.findings.push(found);
      }
    }),
  );
  checked.findings.push(...[...tables].map((key) => finding("rows_differ", { instance: null, key, what: "is a usage table without a manifest" })), ...findUnbuilt(landed, built));
  return checked;
}

/** In each table, usage rows plus duplicates must equal the landed rows. */
function checkDay(day: DayManifest, table: { sha256: string; rows: number | undefined } | undefined, landed: number): Finding | undefined {
  const { instance, usage, duplicates } = day;
  const named = { instance, key: usage.key };
  if (table === undefined) return finding("rows_differ", { ...named, what: "is missing", expected: `${String(usage.rows)} rows` });
  if (table.rows === undefined) return finding("rows_differ", { ...named, what: "is not a readable table", expected: `${String(usage.rows)} rows` });
  if (table.rows + duplicates !== landed) {
    return finding("rows_differ", { ...named, what: "does not have the number of rows that its exports brought", expected: `${String(landed)} accepted records less ${String(duplicates)} duplicates`, found: `${String(table.rows)} rows` });
  }
  if (table.sha256 !== usage.sha256) return finding("rows_differ", { ...named, what: "is not the table that was built", expected: usage.sha256, found: table.sha256 });
  return undefined;
}

/** Rows that a day's table and its duplicates must add up to. A run in progress may not have built the latest arrivals yet. */
function owedRows(landed: readonly LandedRows[], day?: DayManifest): number {
  const built = new Set(day?.inputs.map((input) => input.export.manifest.key));
  return landed.reduce((sum, { manifest, rows, waiting }) => (waiting && !built.has(manifest) ? sum : sum + rows), 0);
}

function lostRows({ inputs }: DayManifest, lost: ReadonlySet<string>): number {
  return inputs.reduce((sum, { export: { archive }, landing }) => (lost.has(archive) ? sum + landing.rows : sum), 0);
}

function findUnbuilt(landed: ReadonlyMap<string, readonly LandedRows[]>, built: ReadonlySet<string>): Finding[] {
  return [...landed].flatMap(([day, exports]) => {
    const [date = "", instance = ""] = day.split(" ");
    const rows = owedRows(exports);
    if (built.has(day) || rows === 0) return [];
    return [finding("rows_differ", { instance, key: layout.usage(date, instance), what: "was not built", expected: `${String(rows)} accepted records`, found: "no table" })];
  });
}

async function readDay(lake: ObjectStore, key: string): Promise<DayManifest | Finding> {
  return (await readDerived(lake, key, dayManifest)) ?? finding("rows_differ", { instance: null, key, what: "is not a readable manifest" });
}

/** The keys end with `/<gateway>.<suffix>`. */
async function listKeys(lake: ObjectStore, prefix: string, isWanted: (of: { instance: string }) => boolean): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.list(prefix)) {
    const instance = key.slice(key.lastIndexOf("/") + 1).replace(/\.(?:json|parquet)$/, "");
    if (isWanted({ instance })) keys.push(key);
  }
  return keys;
}
