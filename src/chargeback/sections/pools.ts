import type { DuckDBConnection } from "@duckdb/node-api";
import { html } from "hono/html";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { formatCents, type Nanodollars, roundToCents, shareCents, signDollar } from "../../ledger/money.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { type Html, moneyCell, showName } from "../page/cells.ts";
import { foldRows, SHORT_TABLE } from "../page/fold-rows.ts";
import { countOf, NO_CELL, scrollingTable, section } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import { roundAlone } from "../report/rounding.ts";
import type { SummaryRow } from "../report/summary-row.ts";

export interface PoolSpread {
  pool: string;
  /** The spread cost, owed and list value together. */
  cost: Nanodollars;
  /** Largest first. */
  shares: PoolShare[];
}

interface PoolShare {
  team: string;
  /** Owed and list value together. */
  cost: Nanodollars;
  /** The part of the cost that nobody owes. */
  listValue: Nanodollars;
  /** How the share was calculated, in words. */
  base: string;
}

const poolRow = z.tuple([z.string(), z.string(), z.string(), billionths, billionths]);

/**
 * Reads the shared costs of a month from a local `allocations` file, before adjustments. If a pool changed during the month, a team's parts are
 * added up, with every way they were calculated.
 */
export async function sumPools(duck: DuckDBConnection, file: string): Promise<PoolSpread[]> {
  const result = await duck.runAndReadAll(`
    SELECT rule, team, coalesce(string_agg(DISTINCT base, '; ' ORDER BY base), ''), coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR,
      coalesce(sum(cost_usd) FILTER (WHERE ${IS_LIST_VALUE}), 0)::DECIMAL(38,9)::VARCHAR
    FROM ${readParquet(file)} WHERE method IN ('pool_even', 'pool_weights', 'pool_proportional')
    GROUP BY rule, team ORDER BY rule, team`);
  const rows = result.getRowsJS().map((row) => {
    const [pool, team, base, cost, listValue] = poolRow.parse(row);
    return { pool, team, base, cost, listValue };
  });
  return [...Map.groupBy(rows, ({ pool }) => pool)].map(([pool, shares]) => ({
    pool,
    cost: shares.reduce((sum, { cost }) => sum + cost, 0n),
    shares: shares.map(({ team, cost, listValue, base }) => ({ team, cost, listValue, base })).toSorted((a, b) => (a.cost === b.cost ? 0 : a.cost > b.cost ? -1 : 1)),
  }));
}

/** Shared costs: how much, over which teams, by which share. */
export function renderPools(pools: readonly PoolSpread[]): Html | string {
  if (pools.length === 0) return "";
  return section("pools", "Shared costs", html`<p>These costs are shared. They are already included in what each team owes; list values in its list value.</p>
${pools.map((pool) => poolTable(pool))}`);
}

function poolTable({ pool, cost, shares }: PoolSpread): Html {
  const total = roundToCents([cost]).total;
  const { shown, others } = foldRows(shares, SHORT_TABLE, (rest) => ({ cost: rest.reduce((all, share) => all + share.cost, 0n) }));
  const cents = shareCents(total, [...shown, ...(others === null ? [] : [others.sum])].map((share) => share.cost));
  return html`<h3>${showName(pool)}</h3>
${scrollingTable("How a shared cost was spread", {
  caption: "One row per team that pays a part",
  columns: [{ title: "Team" }, { title: "Part", figure: true }, { title: "Share" }],
  rows: [
    ...shown.map((share, index) => ({ header: showName(share.team), cells: [moneyCell(share.cost, cents[index] ?? 0n), html`<td title="${visibleText(share.base)}">${showName(readBase(share.base))}</td>`] })),
    ...(others === null ? [] : [{ header: countOf(others.count, "other team"), cells: [moneyCell(others.sum.cost, cents.at(-1) ?? 0n), NO_CELL] }]),
  ],
  foot: { header: "Total", cells: [moneyCell(cost, total), NO_CELL] },
  style: "small",
})}`;
}

/** Dollars in the base, shortened to cents: `$9.371295700 of $364.000601675` → `$9.37 of $364.00`. */
function readBase(base: string): string {
  return base.replaceAll(/\$(\d+\.\d{9})(?!\d)/g, (_whole, amount: string) => signDollar(formatCents(roundAlone(billionths.parse(amount)))));
}

export function poolRows({ pool, shares }: PoolSpread): SummaryRow[] {
  return shares.map(({ team, cost, listValue, base }) => ({ section: "pool", team, item: pool, detail: base, owed: cost - listValue, listValue }));
}

export function poolToJson({ pool, cost, shares }: PoolSpread): object {
  return { pool, cost_usd: amountToJson(cost), shares: shares.map(({ team, listValue, ...share }) => ({ team, cost_usd: amountToJson(share.cost), owed_usd: amountToJson(share.cost - listValue), list_value_usd: amountToJson(listValue), base: share.base })) };
}
