import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readBooked } from "../../src/chargeback/closing/booked-corrections.ts";
import { NO_INSIGHTS } from "../../src/chargeback/report/insights.ts";
import { buildReport } from "../../src/chargeback/report/report.ts";
import { type PublishedReport, publishReport } from "../../src/chargeback/gathering/publish-report.ts";
import { type AllocatedMonth, type FigureSettings, readFigures } from "../../src/chargeback/gathering/read-figures.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { fetchRollups } from "../../src/lake/days/fetch-rollups.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { sha256Of } from "../../src/lake/records/closed-files.ts";
import { BILLIONTHS, formatDollars, splitByLargestRemainder } from "../../src/ledger/money.ts";
import { boundMonth, utcDates } from "../../src/ledger/months.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { COUNT_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import type { ReportSettings } from "../../src/open/ledger.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { withWorkspace } from "../../src/storage/workspace.ts";
import { mayBeIncoherent } from "../test-ledger.ts";
import { COMPLETE, NO_HEAD } from "./invented-insights.ts";

/** A row of the table `allocations`; amounts and counts in billionths. */
export interface Allocation extends Partial<Record<(typeof COUNT_COLUMNS)[number], bigint>> {
  team: string;
  cost_center: string | null;
  caller: string;
  tag: string;
  dimensions: Record<string, string>;
  instance: string;
  provider: string;
  model: string;
  billing: string;
  method: string;
  rule: string;
  cost: bigint | null;
}

export function inventAllocation(change: Partial<Allocation> = {}): Allocation {
  return {
    team: "payments", cost_center: "CC-100", caller: "alice@example.com", tag: "(untagged)", dimensions: {}, instance: "prod",
    provider: "anthropic", model: "claude-sonnet-4-6", billing: "metered", method: "member", rule: "payments",
    cost: 450_000n, requests: BILLIONTHS, unpriced_requests: 0n, input_tokens: 100n * BILLIONTHS, output_tokens: 10n * BILLIONTHS,
    ...change,
  };
}

/** What changes a cost and is no usage. */
export function inventAdjustment(cost: bigint, change: Partial<Allocation> = {}): Allocation {
  return inventAllocation({ method: "adjustment", rule: "discount", cost, requests: 0n, input_tokens: 0n, output_tokens: 0n, ...change });
}

export async function writeAllocations(file: string, rows: readonly Allocation[], directory: string): Promise<void> {
  const values = rows.map((row) => {
    const texts = [row.team, row.cost_center, row.caller, "user", row.tag].map(literal);
    const dimensions = Object.entries(row.dimensions);
    const map = `map([${dimensions.map(([name]) => literal(name)).join(", ")}]::VARCHAR[], [${dimensions.map(([, value]) => literal(value)).join(", ")}]::VARCHAR[])`;
    const more = [row.instance, row.provider, row.model, row.billing, row.method, row.rule, null].map(literal);
    const counts = COUNT_COLUMNS.map((name) => `${formatDollars(row[name] ?? 0n)}::DECIMAL(38,9)`);
    const cost = row.cost === null ? "NULL" : formatDollars(row.cost);
    return `(${[...texts, map, ...more, "1::DECIMAL(18,9)", `${cost}::DECIMAL(18,9)`, ...counts].join(", ")})`;
  });
  const columns = "team, cost_center, caller, caller_type, tag, dimensions, instance, provider, model, billing, method, rule, base, share, cost_usd";
  await withDuckDb({ temporaryDirectory: directory }, async (duck) => {
    await duck.run(`COPY (SELECT * FROM (VALUES ${values.join(",\n")}) t(${columns}, ${COUNT_COLUMNS.join(", ")})) TO ${sqlText(file)} (FORMAT parquet)`);
  });
}

function literal(text: string | null): string {
  // A literal ends at a NUL.
  return text === null ? "NULL::VARCHAR" : text.split("\0").map(sqlText).join(" || chr(0) || ");
}

export interface Invention {
  /** Of a caller; `(unallocated)` by default. */
  teamOf?: (caller: string) => string;
  /** Made of the true allocations, before they are written. */
  change?: (rows: Allocation[]) => Allocation[];
}

/** Allocates the usage of a month: each caller to one team, devices evenly over their tags. Writes nothing that is there already. */
async function inventAllocated(lake: ObjectStore, monthName: string, timezone: string, { teamOf = () => "(unallocated)", change = (rows) => rows }: Invention): Promise<AllocatedMonth> {
  const month = boundMonth(monthName, timezone);
  const state = await loadLedgerState(lake);
  const dates = new Set(utcDates(month));
  const days = [...state.days.values()].filter(({ date }) => dates.has(date));
  if (days.length === 0) return { month, state, table: null };
  return await withWorkspace(async (workspace) => {
    const rollups = await fetchRollups(lake, days, workspace);
    const used = await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const result = await duck.runAndReadAll(`
        SELECT caller, to_json(tags)::VARCHAR AS tags, to_json(dimensions)::VARCHAR AS dimensions, instance, provider, model, billing,
          (sum(cost_usd) * 1000000000)::HUGEINT AS cost, ${COUNT_COLUMNS.map((name) => `sum(${name})::HUGEINT * 1000000000 AS ${name}`).join(", ")}
        FROM ${readParquet(...rollups)}
        WHERE slot >= '${month.from.toISOString()}'::TIMESTAMPTZ AND slot < '${month.to.toISOString()}'::TIMESTAMPTZ
        GROUP BY ALL ORDER BY ALL`);
      return result.getRowObjectsJS() as Record<string, string | bigint | null>[];
    });
    const file = join(workspace, "allocations.parquet");
    await writeAllocations(file, change(used.flatMap((row) => splitOverTags(row, teamOf))), workspace);
    mayBeIncoherent("who pays is invented, and put in the place of what the ledger says");
    const key = `allocations/month=${month.name}/part-0.parquet`;
    const content = await readFile(file);
    const isThere = (await lake.head(key)) !== undefined && content.equals(await lake.read(key));
    if (!isThere) await lake.replace(key, content);
    return { month, state, table: { key, sha256: sha256Of(content) } };
  });
}

function splitOverTags(row: Record<string, string | bigint | null>, teamOf: (caller: string) => string): Allocation[] {
  const text = (name: string): string => String(row[name]);
  const tags = JSON.parse(text("tags")) as string[];
  const shares = (tags.length === 0 ? ["(untagged)"] : tags).map((name) => ({ name, weight: 1n }));
  const cost = row["cost"] === null ? null : splitByLargestRemainder(row["cost"] as bigint, shares);
  const counts = COUNT_COLUMNS.map((name) => [name, splitByLargestRemainder(row[name] as bigint, shares)] as const);
  const team = teamOf(text("caller"));
  return shares.map(({ name: tag }, index) => ({
    team, tag,
    cost_center: team === "(unallocated)" ? null : `CC-${team}`,
    caller: text("caller"), instance: text("instance"), provider: text("provider"), model: text("model"), billing: text("billing"),
    dimensions: JSON.parse(text("dimensions")) as Record<string, string>,
    method: "member", rule: team,
    cost: cost?.[index] ?? null,
    ...Object.fromEntries(counts.map(([name, parts]) => [name, parts[index]])),
  }));
}

/** Publishes the report of a month whose allocations are invented, without insights: for tests of neither. By default nobody is charged for anything. */
export async function publishInvented(lake: ObjectStore, month: string, timezone = "UTC", { pricingOf = withoutPrices, tags = "even", dimensions = [], ...invention }: Invention & Partial<FigureSettings & ReportSettings> = {}): Promise<PublishedReport> {
  const allocated = await inventAllocated(lake, month, timezone, invention);
  const figures = await readFigures(lake, allocated, { pricingOf, dimensions });
  return await publishReport(lake, buildReport(allocated.month, figures, { status: COMPLETE, head: NO_HEAD, insights: NO_INSIGHTS, corrections: await readBooked(lake, month) }, tags));
}
