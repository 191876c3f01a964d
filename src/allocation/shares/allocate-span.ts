import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { listPeriods, type Span } from "../settings/periods.ts";
import type { AllocationSettings } from "../settings/settings.ts";
import { addCharges } from "../charges/add-charges.ts";
import type { UsedCharge } from "../charges/charge-use.ts";
import { chargesOfMonth } from "../charges/charges-of-month.ts";
import { addTrueUps } from "./add-true-ups.ts";
import { ALLOCATION_VERSION } from "./allocation-version.ts";
import { DIVIDED_AMOUNT, DIVIDED_USAGE, divide, sumDirect, sumWhole } from "./divide-usages.ts";
import { findWays, KEY_WAY } from "./find-ways.ts";
import type { DirectCosts } from "./pools.ts";
import { settle, SPREAD_AMOUNT } from "./settle-parts.ts";
import { ALLOCATED, ALLOCATED_OWNER, PAYING_TEAM } from "./span-tables.ts";
import { trueUpsOf } from "./true-ups.ts";
import { createUsageTables, type Piece, SLOT_USAGE, USAGE_KEY } from "./usage-tables.ts";
import { writeOwners, writeTargets, writeWays } from "./way-tables.ts";
import type { Ways } from "./ways.ts";

const TABLES = [USAGE_KEY, SLOT_USAGE, KEY_WAY, ALLOCATED, ALLOCATED_OWNER, PAYING_TEAM, "way", "way_tag", "way_part", "way_target", "undivided", "whole", DIVIDED_USAGE, DIVIDED_AMOUNT, SPREAD_AMOUNT] as const;

export interface SpanAllocation {
  /** The pieces that `piece` numbers: the periods of the span, divided further at the requested cuts. */
  pieces: readonly Piece[];
  /** Cost of all priced usage. */
  cost: Nanodollars;
  /** The sum of the absolute values of all costs and changes. */
  size: Nanodollars;
  direct: DirectCosts;
  ways: Ways;
  /** What providers charge for besides requests; empty for a span that is not a month. */
  charges: readonly UsedCharge[];
}

/** The usage to allocate. */
interface Allocating {
  /** Local `rollups` files. */
  files: readonly string[];
  span: Span;
  settings: AllocationSettings;
  /** Instants, at starts of quarter hours, across which nothing is summed. */
  cuts?: readonly Date[];
}

/**
 * Allocates the usages of a span in the database, in six steps: divides them by tag, divides them by team, spreads shared costs, applies
 * adjustments, adds charges, and trues up to invoices. Division is exact: the parts add up to the usage. Dividing and adjusting are done for each
 * quarter of an hour. `use` finds the rows in `ALLOCATED`, `ALLOCATED_OWNER`, `PAYING_TEAM` and `USAGE_KEY`, which are dropped afterwards.
 */
export async function withAllocatedSpan<Result>(duck: DuckDBConnection, allocating: Allocating, use: (allocation: SpanAllocation) => Promise<Result>): Promise<Result> {
  try {
    return await use(await allocateSpan(duck, allocating));
  } finally {
    for (const table of TABLES) await duck.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

async function allocateSpan(duck: DuckDBConnection, { files, span, settings, cuts = [] }: Allocating): Promise<SpanAllocation> {
  const periods = listPeriods(settings, span);
  const pieces = cutPeriods(periods.map(({ from }) => from), cuts.map((cut) => cut.getTime()));
  await createUsageTables(duck, files, span, pieces);
  const ways = await findWays(duck, periods);
  await writeWays(duck, ways);
  await sumWhole(duck);
  const isDivided = await divide(duck, ways);
  const direct = await sumDirect(duck, ways, { version: settings.version ?? ALLOCATION_VERSION, isDivided });
  const targets = ways.listTargets(direct);
  await writeTargets(duck, targets);
  await settle(duck, targets, isDivided);
  // A month without requests has no report, so nothing is charged in it. The first day of a ledger may touch such a month in its time zone.
  const charges = (await hasUsage(duck)) ? await addCharges(duck, chargesOfMonth(settings, span), { pieces, periods, ways }) : [];
  await addTrueUps(duck, trueUpsOf(settings, span), { pieces, starts: periods.map(({ from }) => from), ways });
  await writeOwners(duck, ways);
  return { pieces, ...(await checkSum(duck, ways)), direct, ways, charges };
}

async function hasUsage(duck: DuckDBConnection): Promise<boolean> {
  return (await duck.runAndReadAll(`SELECT 1 FROM ${SLOT_USAGE} LIMIT 1`)).currentRowCount > 0;
}

/** @param starts of the periods @param cuts further instants */
function cutPeriods(starts: readonly number[], cuts: readonly number[]): Piece[] {
  const [first = 0] = starts;
  const all = [...new Set([...starts, ...cuts.filter((cut) => cut > first)])].sort((a, b) => a - b);
  return all.map((from) => ({ from, period: starts.findLastIndex((start) => start <= from) }));
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
