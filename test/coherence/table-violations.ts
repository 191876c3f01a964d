import type { Json } from "@duckdb/node-api";
import { query } from "../query.ts";
import { differ, type LakeFiles, type Named, nanodollars } from "./lake-files.ts";

interface Table extends Named {
  rows: number;
}

interface DayDocument {
  date: string;
  instance: string;
  inputs: { landing: Table; export: { name: string } }[];
  usage: Table;
  rollups: Table;
  /** Absent in manifests of versions without the table. */
  tools?: Table | null;
  duplicates: number;
  totals: { requests: number; cost_usd: string; unpriced_requests: number };
}

interface MonthInput {
  date: string;
  instance: string;
  /** Of the rollups. */
  sha256: string;
}

interface AllocationDocument {
  month: string;
  inputs: MonthInput[];
  allocations: Table;
  totals: { cost_usd: string };
}

interface StateDocument {
  month: string;
  inputs: { date: string; instance: string; rollups: string }[];
}

interface CorrectionDocument {
  month: string;
  corrected: (StateDocument & { rows: number; owed_usd: string })[];
  table: Table | null;
}

interface CloseDocument extends StateDocument {
  files: Named[];
  allocations: { rows: number; cost_usd: string };
  totals: { owed_usd: string; list_value_usd: string };
}

const COUNTS = [
  "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
  "reasoning_tokens", "image_input_tokens", "image_output_tokens", "web_searches",
];
const sums = (cost: string): string => [cost, ...COUNTS].map((column) => `coalesce(sum(${column}), 0)::DECIMAL(38,9)::VARCHAR AS ${column === cost ? "cost" : column}`).join(", ");
const KEY = "instance, provider, model, billing";

type Row = Record<string, Json>;

async function rowsOf(lake: LakeFiles, keys: readonly string[], select: (table: string) => string): Promise<Row[]> {
  return keys.length === 0 ? [] : await query(select(tableOf(lake, keys)));
}

function tableOf(lake: LakeFiles, keys: readonly string[]): string {
  const files = keys.map((key) => `'${lake.path(key).replaceAll("'", "''")}'`).join(", ");
  return `read_parquet([${files}], hive_partitioning = false, union_by_name = true, filename = true)`;
}

/** What differs between tables that have to say the same, each group of rows once. */
function differences(what: string, one: readonly Row[], other: readonly Row[]): string[] {
  const texts = (rows: readonly Row[]): Set<string> => new Set(rows.map((row) => JSON.stringify(Object.entries(row).toSorted())));
  const [ours, theirs] = [texts(one), texts(other)];
  return [...[...ours].filter((row) => !theirs.has(row)).map((row) => `${what}: only the first has ${row}`), ...[...theirs].filter((row) => !ours.has(row)).map((row) => `${what}: only the second has ${row}`)];
}

/** Days: landing files, usage and rollups are what their manifests say, and each other's sums. */
export async function dayViolations(lake: LakeFiles): Promise<string[]> {
  const days = lake.documents<DayDocument>("_ledger/days/");
  const found = days.flatMap(([by, { usage, rollups, tools, inputs }]) => [usage, rollups, ...(tools ? [tools] : []), ...inputs.map(({ landing }) => landing)].flatMap((table) => lake.mismatch(table, by)));
  const tables = new Set(days.flatMap(([, { usage, rollups, tools }]) => [usage.key, rollups.key, ...(tools ? [tools.key] : [])]));
  found.push(...[...lake.below("usage/"), ...lake.below("rollups/"), ...lake.below("tools/")].filter((key) => !tables.has(key)).map((key) => `${key} is of no day that has a manifest`));
  if (found.length > 0) return found;

  const byFile = (requests: string) => (table: string): string =>
    `SELECT filename, ${KEY}, ${requests}::VARCHAR AS requests, ${sums("cost_usd")} FROM ${table} GROUP BY filename, ${KEY}`;
  const usage = await rowsOf(lake, lake.below("usage/"), byFile("count(*)"));
  const rollups = await rowsOf(lake, lake.below("rollups/"), byFile("sum(requests)"));
  const unpriced = await rowsOf(lake, lake.below("rollups/"), (table) => `SELECT filename, sum(unpriced_requests)::DOUBLE AS requests FROM ${table} GROUP BY filename`);
  const dayOf = (row: Row): Row => ({ ...row, filename: text(row["filename"]).slice(lake.root.length + 1).replace(/^[a-z]+\//, "") });
  found.push(...differences("usage and rollups", usage.map(dayOf), rollups.map(dayOf)));
  const called = await rowsOf(lake, days.filter(([, { tools }]) => tools !== undefined).map(([, day]) => day.usage.key), (table) => `SELECT filename, caller, sum(tool_calls)::VARCHAR AS calls FROM ${table} GROUP BY ALL HAVING sum(tool_calls) > 0`);
  const tools = await rowsOf(lake, lake.below("tools/"), (table) => `SELECT filename, caller, sum(calls)::VARCHAR AS calls FROM ${table} GROUP BY ALL`);
  found.push(...differences("calls in usage and in tools", called.map(dayOf), tools.map(dayOf)));
  for (const [by, day] of days) {
    const own = usage.filter(({ filename }) => filename === lake.path(day.usage.key));
    const count = (column: string): number => own.reduce((sum, row) => sum + Number(row[column]), 0);
    found.push(...differ(`${by} requests`, day.totals.requests, count("requests")), ...differ(`${by} rows of usage`, day.usage.rows, count("requests")));
    found.push(...differ(`${by} unpriced requests`, day.totals.unpriced_requests, unpriced.find(({ filename }) => filename === lake.path(day.rollups.key))?.["requests"] ?? 0));
    found.push(...differ(`${by} cost`, day.totals.cost_usd, dollars(own.reduce((sum, { cost }) => sum + nanodollars(text(cost)), 0n))));
    found.push(...differ(`${by} duplicates`, day.duplicates, day.inputs.reduce((sum, { landing }) => sum + landing.rows, 0) - day.usage.rows));
  }
  return found;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function dollars(amount: bigint): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(10, "0");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** Months: allocations, corrections and closes are what their manifests say, and together they are all usage, whoever pays for it. */
export async function monthViolations(lake: LakeFiles): Promise<string[]> {
  const allocations = lake.documents<AllocationDocument>("_ledger/allocations/");
  const corrections = lake.documents<CorrectionDocument>("_ledger/corrections/");
  const closes = lake.documents<CloseDocument>("_ledger/closes/");
  const found = [
    ...allocations.flatMap(([by, one]) => lake.mismatch(one.allocations, by)),
    ...corrections.flatMap(([by, { table }]) => (table === null ? [] : lake.mismatch(table, by))),
    ...closes.flatMap(([by, { files }]) => files.flatMap((file) => lake.mismatch(file, by))),
  ];
  if (found.length > 0) return found;

  const totals = (cost: string, own: string) => (table: string): string =>
    `SELECT filename, ${own} AS own, count(*)::DOUBLE AS rows, sum(${cost}) FILTER (method <> 'adjustment') AS usage, sum(${cost}) FILTER (billing <> 'subscription') AS owed,
      sum(${cost}) FILTER (billing = 'subscription') AS list_value FROM ${table} GROUP BY ALL`;
  const allocated = await rowsOf(lake, allocations.map(([, one]) => one.allocations.key), totals("cost_usd", "''"));
  for (const [by, one] of allocations) {
    const own = allocated.find(({ filename }) => filename === lake.path(one.allocations.key));
    found.push(...differ(`${by} rows`, one.allocations.rows, own?.["rows"] ?? 0), ...differ(`${by} cost`, one.totals.cost_usd, own?.["usage"] ?? "0.000000000"));
    const [, close] = closes.find(([, { month }]) => month === one.month) ?? [];
    if (close === undefined) continue;
    found.push(...differ(`close of ${one.month}: owed`, close.totals.owed_usd, own?.["owed"] ?? "0.000000000"), ...differ(`close of ${one.month}: list value`, close.totals.list_value_usd, own?.["list_value"] ?? "0.000000000"));
    found.push(...differ(`close of ${one.month}: rows`, close.allocations, { ...close.allocations, rows: own?.["rows"] ?? 0, cost_usd: own?.["usage"] ?? "0.000000000" }));
  }
  const corrected = await rowsOf(lake, corrections.flatMap(([, { table }]) => (table === null ? [] : [table.key])), totals("difference_usd", "corrects"));
  for (const [by, { corrected: months, table }] of corrections) {
    for (const { month, rows, owed_usd } of months) {
      const own = corrected.find(({ filename, own: of }) => table !== null && filename === lake.path(table.key) && of === month);
      found.push(...differ(`${by} rows of ${month}`, rows, own?.["rows"] ?? 0), ...differ(`${by} owed of ${month}`, owed_usd, own?.["owed"] ?? "0.000000000"));
    }
  }
  if (isFresh(lake, allocations, corrections, closes)) found.push(...(await allocatedViolations(lake, allocations, corrections)));
  return found;
}

/** Whether what months were made from are the rollups that there are: else the next run makes them anew. */
function isFresh(lake: LakeFiles, allocations: readonly [string, AllocationDocument][], corrections: readonly [string, CorrectionDocument][], closes: readonly [string, CloseDocument][]): boolean {
  const days = new Map(lake.documents<DayDocument>("_ledger/days/").map(([, { date, instance, rollups }]) => [`${date} ${instance}`, rollups.sha256]));
  const states = new Map<string, MonthInput[]>(allocations.map(([, { month, inputs }]) => [month, inputs]));
  const latest = [...closes.map(([, close]) => close), ...corrections.flatMap(([, { corrected }]) => corrected)];
  for (const { month, inputs } of latest) states.set(month, inputs.map(({ date, instance, rollups }) => ({ date, instance, sha256: rollups })));
  const read = [...states.values()].flat();
  const covered = new Set(read.map(({ date, instance }) => `${date} ${instance}`));
  return read.every(({ date, instance, sha256 }) => days.get(`${date} ${instance}`) === sha256) && [...days.keys()].every((day) => covered.has(day));
}

async function allocatedViolations(lake: LakeFiles, allocations: readonly [string, AllocationDocument][], corrections: readonly [string, CorrectionDocument][]): Promise<string[]> {
  const part = (keys: readonly string[], cost: string, where: string): string[] =>
    keys.length === 0 ? [] : [`SELECT ${KEY}, requests, unpriced_requests, ${cost} AS cost, ${COUNTS.join(", ")} FROM ${tableOf(lake, keys)}${where}`];
  const own = " WHERE method <> 'adjustment'";
  const corrected = corrections.flatMap(([, { table }]) => (table === null ? [] : [table.key]));
  const paid = [...part(allocations.map(([, one]) => one.allocations.key), "cost_usd", own), ...part(corrected, "difference_usd", own)];
  const summed = async (parts: readonly string[]): Promise<Row[]> => {
    if (parts.length === 0) return [];
    const rows = await query(`SELECT ${KEY}, sum(requests)::DECIMAL(38,9)::VARCHAR AS requests, sum(unpriced_requests)::DECIMAL(38,9)::VARCHAR AS unpriced, ${sums("cost")} FROM (${parts.join(" UNION ALL BY NAME ")}) GROUP BY ${KEY}`);
    return rows.filter(({ cost, requests }) => [cost, requests].some((value) => Number(value) !== 0));
  };
  return differences("allocations with corrections, and rollups", await summed(paid), await summed(part(lake.below("rollups/"), "cost_usd", "")));
}
