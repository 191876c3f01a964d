import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { findLargest, HEAVIEST, sqlAdjust, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { COUNT_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { listPeriods, type Span } from "../settings/periods.ts";
import type { AllocationSettings } from "../settings/settings.ts";
import { WHOLE } from "./adjustments.ts";
import { ALLOCATION_VERSION, type AllocationVersion } from "./allocation-version.ts";
import { findWays, KEY_WAY } from "./find-ways.ts";
import type { DirectCosts } from "./pools.ts";
import { addTrueUps } from "./add-true-ups.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "./span-tables.ts";
import { trueUpsOf } from "./true-ups.ts";
import { createUsageTables, type Piece, SLOT_USAGE, USAGE_AMOUNTS, USAGE_KEY } from "./usage-tables.ts";
import { placesOf, type Target, type Ways } from "./ways.ts";

const TABLES = [USAGE_KEY, SLOT_USAGE, KEY_WAY, ALLOCATED, ALLOCATED_OWNER, "way", "way_tag", "way_part", "way_target", "undivided", "whole", "tagged", "divided"] as const;

export interface SpanAllocation {
  /** What a row's `piece` is the number of: the periods of the span, cut where it was asked. */
  pieces: readonly Piece[];
  /** Cost of all priced usage. */
  cost: Nanodollars;
  /** The sizes of all costs and changes together. */
  size: Nanodollars;
  direct: DirectCosts;
  ways: Ways;
}

/** What is allocated. */
interface Allocating {
  /** Local `rollups` files. */
  files: readonly string[];
  span: Span;
  settings: AllocationSettings;
  /** Instants, at starts of quarter hours, across which nothing is summed. */
  cuts?: readonly Date[];
  /** The base of proportional pools, where the span is a part of a month. */
  direct?: DirectCosts;
}

/**
 * Allocates the usages of a span in the database: by tag, then by team, then shared costs are spread, then adjusted, then brought to
 * invoices. Every step but adjusting is exact: the parts add up to the usage. What is divided or adjusted is so for each quarter of an
 * hour. `use` finds the rows in `ALLOCATED`, `ALLOCATED_OWNER` and `USAGE_KEY`, which are gone afterwards.
 */
export async function withAllocatedSpan<Result>(duck: DuckDBConnection, allocating: Allocating, use: (allocation: SpanAllocation) => Promise<Result>): Promise<Result> {
  try {
    return await use(await allocateSpan(duck, allocating));
  } finally {
    for (const table of TABLES) await duck.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

async function allocateSpan(duck: DuckDBConnection, { files, span, settings, cuts = [], direct: given }: Allocating): Promise<SpanAllocation> {
  const periods = listPeriods(settings, span);
  const pieces = cutPeriods(periods.map(({ from }) => from), cuts.map((cut) => cut.getTime()));
  await createUsageTables(duck, files, span, pieces);
  const ways = await findWays(duck, periods);
  await writeWays(duck, ways);
  await sumWhole(duck);
  const isDivided = await divide(duck, ways);
  const direct = await sumDirect(duck, ways, { version: settings.version ?? ALLOCATION_VERSION, isDivided });
  const targets = ways.listTargets(given ?? direct);
  await writeTargets(duck, targets);
  await settle(duck, targets, isDivided);
  await addTrueUps(duck, trueUpsOf(settings, span), { pieces, starts: periods.map(({ from }) => from), ways });
  await appendOwners(duck, ways);
  return { pieces, ...(await checkSum(duck, ways)), direct, ways };
}

/** @param starts of the periods @param cuts further instants */
function cutPeriods(starts: readonly number[], cuts: readonly number[]): Piece[] {
  const [first = 0] = starts;
  const all = [...new Set([...starts, ...cuts.filter((cut) => cut > first)])].sort((a, b) => a - b);
  return all.map((from) => ({ from, period: starts.findLastIndex((start) => start <= from) }));
}

async function writeWays(duck: DuckDBConnection, ways: Ways): Promise<void> {
  await duck.run("CREATE TEMP TABLE way (way_id INTEGER, is_divided BOOLEAN, is_adjusted BOOLEAN)");
  await duck.run("CREATE TEMP TABLE way_tag (way_id INTEGER, tag_no INTEGER, place INTEGER, weight HUGEINT, all_weights HUGEINT)");
  await duck.run("CREATE TEMP TABLE way_part (way_id INTEGER, part_no INTEGER, place INTEGER, weight HUGEINT, all_weights HUGEINT)");
  const plans = ways.all.map(({ plan }) => plan);
  await appendRows(duck, "way", plans.map((plan, way) => [way, plan.isDivided, plan.payers.some((team) => plan.adjustmentsOf(team).length > 0)]));
  await appendRows(duck, "way_tag", plans.flatMap(({ tags }, way) => placesOf(tags).map((place, tag) => [way, tag, place, 1n, BigInt(tags.length)])));
  await appendRows(duck, "way_part", plans.flatMap(({ parts }, way) => {
    const [places, allWeights] = [placesOf(parts), sumWeights(parts)];
    return parts.map(({ weight }, part) => [way, part, places[part] ?? 0, weight, allWeights]);
  }));
}

const SUMS = ["sum(cost)::HUGEINT AS cost", ...COUNT_COLUMNS.map((name) => `(sum(${name}) * 1000000000)::HUGEINT AS ${name}`)].join(", ");
const AMOUNTS = USAGE_AMOUNTS.join(", ");
/** SQL of usages with their ways. */
const USED = `${SLOT_USAGE} JOIN ${KEY_WAY} USING (key_id, period) JOIN way USING (way_id)`;

/** Sums up what is not divided. */
async function sumWhole(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE TEMP TABLE undivided AS SELECT piece, key_id, way_id, ${SUMS} FROM ${USED} WHERE NOT is_divided GROUP BY piece, key_id, way_id`);
}

/** Divides usages over tags and teams, each quarter of an hour by itself, into one row for each amount: zeros are left out, but for a cost. Returns whether there is any. */
async function divide(duck: DuckDBConnection, ways: Ways): Promise<boolean> {
  const plans = ways.all.map(({ plan }) => plan);
  if (!plans.some((plan) => plan.isDivided)) return false;
  const amounts = `SELECT piece, key_id, way_id, unnest(range(${String(USAGE_AMOUNTS.length)}))::INTEGER AS amount_no, unnest([${AMOUNTS}]) AS amount
    FROM (SELECT slot, piece, key_id, way_id, ${SUMS} FROM ${USED} WHERE is_divided GROUP BY slot, piece, key_id, way_id)`;
  await duck.run(`CREATE TEMP TABLE whole AS SELECT row_number() OVER () AS whole_id, * FROM (${amounts}) WHERE amount <> 0 OR amount_no = 0`);
  const tags = await sqlSplitOf(duck, "whole", { parts: "SELECT whole.*, tag_no, place, weight, all_weights FROM whole JOIN way_tag USING (way_id)", weights: plans.map((plan) => BigInt(plan.tags.length)) });
  await duck.run(`CREATE TEMP TABLE tagged AS SELECT * EXCLUDE (whole_id), row_number() OVER () AS whole_id FROM ${tags}`);
  const parts = await sqlSplitOf(duck, "tagged", { parts: "SELECT tagged.*, part_no, place, weight, all_weights FROM tagged JOIN way_part USING (way_id)", weights: plans.map((plan) => sumWeights(plan.parts)) });
  // Equal amounts are split in equal ways: many a request is one.
  await duck.run(`CREATE TEMP TABLE divided AS SELECT row_number() OVER () AS whole_id, * FROM (
    SELECT piece, key_id, way_id, amount_no, amount, tag_no, part_no, count(*)::HUGEINT AS times FROM ${parts} GROUP BY ALL)`);
  return true;
}

/**
 * SQL that splits the amounts of a table.
 * @param parts SQL of the table with its parts @param weights sums of the weights that amounts are split by
 */
async function sqlSplitOf(duck: DuckDBConnection, table: string, { parts, weights }: { parts: string; weights: readonly bigint[] }): Promise<string> {
  const heaviest = weights.reduce((most, weight) => (weight > most ? weight : most), 1n);
  if (heaviest > HEAVIEST) throw tooHeavy(heaviest);
  return sqlSplit(parts, ["whole_id"], await findLargest(duck, `SELECT amount, ${String(heaviest)}::HUGEINT AS all_weights FROM ${table}`));
}

function sumWeights(parts: readonly { weight: bigint }[]): bigint {
  return parts.reduce((sum, { weight }) => sum + weight, 0n);
}

/** What each team has of the span before pools take something; in the first version without what they take. */
async function sumDirect(duck: DuckDBConnection, { all }: Ways, { version, isDivided }: { version: AllocationVersion; isDivided: boolean }): Promise<DirectCosts> {
  const divided = "UNION ALL SELECT way_id, part_no, sum(amount * times)::HUGEINT FROM divided WHERE amount_no = 0 GROUP BY way_id, part_no";
  const found = await duck.runAndReadAll(`SELECT way_id, 0, sum(cost)::HUGEINT FROM undivided GROUP BY way_id ${isDivided ? divided : ""}`);
  const direct = new Map<string, Nanodollars>();
  for (const [way, number, cost] of z.array(z.tuple([z.number(), z.number(), z.bigint().nullable()])).parse(found.getRowsJS())) {
    const plan = all[way]?.plan;
    const part = plan?.parts[number];
    if (plan === undefined || part === undefined) throw new RangeError(`no part ${String(number)} of way ${String(way)}`);
    if (plan.isOwed && (version > 1 || part.pool === null)) direct.set(part.team, (direct.get(part.team) ?? 0n) + (cost ?? 0n));
  }
  return new Map([...direct].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const PLACE = ["way_id", "tag_no", "part_no", "target_no"] as const;

async function writeTargets(duck: DuckDBConnection, targets: readonly Target[]): Promise<void> {
  await duck.run(`CREATE TEMP TABLE way_target (${PLACE.map((name) => `${name} INTEGER`).join(", ")}, owner_id INTEGER, share HUGEINT,
    place INTEGER, weight HUGEINT, all_weights HUGEINT)`);
  let number = 0;
  await appendRows(duck, "way_target", targets.map(({ way, tag, part, owner, share, place, weight, allWeights }) => [way, tag, part, number++, owner, share, place, weight, allWeights]));
}

/** Gives every part to its owners, and adjusts what they owe. */
async function settle(duck: DuckDBConnection, targets: readonly Target[], isDivided: boolean): Promise<void> {
  await duck.run(`CREATE TEMP TABLE ${ALLOCATED} AS SELECT piece, key_id, owner_id, share, ${AMOUNTS} FROM undivided JOIN way_target USING (way_id)`);
  if (isDivided) await settleDivided(duck, await sqlSpread(duck, targets, ""));
  await adjust(duck, targets, isDivided);
}

/** SQL that spreads what tags and teams have over the teams that pools give it to. @param which SQL that selects parts */
async function sqlSpread(duck: DuckDBConnection, targets: readonly Target[], which: string): Promise<string> {
  const parts = `SELECT whole_id, piece, key_id, way_id, amount_no, amount, times, target_no, owner_id, place, weight, all_weights FROM divided JOIN way_target USING (way_id, tag_no, part_no) ${which}`;
  return await sqlSplitOf(duck, "divided", { parts, weights: targets.map(({ allWeights }) => allWeights) });
}

async function settleDivided(duck: DuckDBConnection, spread: string): Promise<void> {
  const shares = "(SELECT way_id, owner_id, sum(share)::HUGEINT AS share FROM way_target GROUP BY way_id, owner_id)";
  const sums = USAGE_AMOUNTS.map((name, number) => {
    const sum = `sum(amount) FILTER (amount_no = ${String(number)})`;
    return `${number === 0 ? sum : `coalesce(${sum}, 0)`}::HUGEINT AS ${name}`;
  });
  await duck.run(`INSERT INTO ${ALLOCATED} SELECT piece, key_id, owner_id, share, ${AMOUNTS} FROM (
      SELECT piece, key_id, way_id, owner_id, ${sums.join(", ")} FROM (
        SELECT piece, key_id, way_id, owner_id, amount_no, sum(amount * times)::HUGEINT AS amount FROM ${spread} GROUP BY piece, key_id, way_id, owner_id, amount_no
      ) GROUP BY piece, key_id, way_id, owner_id
    ) JOIN ${shares} USING (way_id, owner_id)`);
}

/** Adds a row for what each adjustment changes, one after the other: a markup after a discount is on the discounted cost. */
async function adjust(duck: DuckDBConnection, targets: readonly Target[], isDivided: boolean): Promise<void> {
  const steps = targets.reduce((most, { changes }) => Math.max(most, changes.length), 0);
  if (steps === 0) return;
  const numbers = Array.from({ length: steps }, (_, index) => index);
  await duck.run(`CREATE TEMP TABLE way_change (target_no INTEGER, ${numbers.map((step) => `percent_${String(step)} HUGEINT, owner_${String(step)} INTEGER`).join(", ")})`);
  try {
    await appendRows(duck, "way_change", targets.flatMap(({ changes }, target) => {
      if (changes.length === 0) return [];
      return [[target, ...numbers.flatMap((step) => [changes[step]?.percent ?? 0n, changes[step]?.owner ?? null])]];
    }));
    const divided = isDivided ? `SELECT piece, key_id, target_no, amount AS cost, times FROM ${await sqlSpread(duck, targets, "WHERE amount_no = 0")} WHERE amount IS NOT NULL UNION ALL ` : "";
    const costs = `${divided}SELECT piece, key_id, target_no, cost, 1 AS times FROM (
        SELECT piece, key_id, way_id, sum(cost)::HUGEINT AS cost FROM ${USED} WHERE NOT is_divided AND is_adjusted GROUP BY slot, piece, key_id, way_id
      ) JOIN way_target USING (way_id) WHERE cost IS NOT NULL`;
    const changes = numbers.map((step) => `SELECT piece, key_id, owner_${String(step)} AS owner_id, change_${String(step)} * times AS change FROM changed WHERE change_${String(step)} <> 0`);
    const changed = sqlAdjust(`SELECT piece, key_id, way_change.*, times, cost AS left_0 FROM (${costs}) AS costs JOIN way_change USING (target_no)`, steps, WHOLE);
    await duck.run(`INSERT INTO ${ALLOCATED} WITH changed AS MATERIALIZED (FROM ${changed})
      SELECT piece, key_id, owner_id, 0, sum(change)::HUGEINT, ${COUNT_COLUMNS.map(() => "0").join(", ")} FROM (${changes.join(" UNION ALL ")}) GROUP BY piece, key_id, owner_id`);
  } finally {
    await duck.run("DROP TABLE way_change");
  }
}

async function appendOwners(duck: DuckDBConnection, { owners }: Ways): Promise<void> {
  await duck.run(`CREATE TEMP TABLE ${ALLOCATED_OWNER} (owner_id INTEGER, team VARCHAR, cost_center VARCHAR, tag VARCHAR, method VARCHAR, rule VARCHAR, base VARCHAR)`);
  await appendRows(duck, ALLOCATED_OWNER, owners.map(({ team, costCenter, tag, method, rule, base }, owner) => [owner, team, costCenter, tag, method, rule, base]));
}

/** Throws unless the parts add up to the usage, exact to the nanodollar; such a table is never published. */
async function checkSum(duck: DuckDBConnection, { owners }: Ways): Promise<Pick<SpanAllocation, "cost" | "size">> {
  const found = await duck.runAndReadAll(`SELECT NULL, coalesce(sum(cost), 0)::HUGEINT, 0::HUGEINT FROM ${SLOT_USAGE}
    UNION ALL SELECT owner_id, coalesce(sum(cost), 0)::HUGEINT, coalesce(sum(abs(cost)), 0)::HUGEINT FROM ${ALLOCATED} GROUP BY owner_id`);
  let [usage, sum, size] = [0n, 0n, 0n];
  for (const [owner, cost, sizes] of z.array(z.tuple([z.number().nullable(), z.bigint(), z.bigint()])).parse(found.getRowsJS())) {
    size += sizes;
    if (owner === null) usage = cost;
    else if (owners[owner]?.method !== "adjustment") sum += cost;
  }
  if (sum === usage) return { cost: usage, size };
  throw new LedgerError("allocation_failed", `${String(sum)} nanodollars were allocated of ${String(usage)}`, {
    remedy: "report this: it is a mistake in aperture-ledger",
  });
}

function tooHeavy(heaviest: bigint): LedgerError {
  return new LedgerError("allocation_failed", `direct costs of ${String(heaviest)} nanodollars are more than a pool can be spread by (${String(HEAVIEST)})`, {
    remedy: "look for records with impossible costs: aperture-ledger status names the exports",
  });
}
