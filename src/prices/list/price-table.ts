import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlInstant } from "../../ledger/sql/sql-values.ts";
import { mapTerms, TERMS } from "../../ledger/usage/terms.ts";
import { ANY_COUNT } from "../../ledger/usage/usage-columns.ts";
import { CONTEXT, CONTRADICTED, COUNTS_APART, nanodollarsOf } from "./billed-counts.ts";
import { BILLED, type Billed } from "./price-entry.ts";
import type { PricedTier, PriceRow } from "./price-rows.ts";
import type { PricedModel } from "./resolve-price.ts";

const KEY = ["provider", "model", "model_recorded", "api_type", "cost_basis", ...TERMS] as const satisfies readonly (keyof PricedModel)[];

/** SQL of the rows that need a list price. */
export const UNPRICED = `cost_usd IS NULL AND ${ANY_COUNT}`;

const textOrNull = z.string().nullable();
const pricedModel = z.object({ provider: z.string(), model: z.string(), model_recorded: z.string(), api_type: textOrNull, cost_basis: textOrNull, ...mapTerms(() => textOrNull) });

/** The models of the rows, in order. */
export async function listModels(duck: DuckDBConnection, rows: string, which: string): Promise<PricedModel[]> {
  const found = await duck.runAndReadAll(`SELECT DISTINCT ${KEY.join(", ")} FROM ${rows} WHERE ${which} ORDER BY ALL`);
  return z.array(pricedModel).parse(found.getRowObjectsJS());
}

/** A tier with its price row. */
export type TierOfRow = PricedTier & { row: PriceRow; model: number };

/**
 * SQL of the list cost, in whole nanodollars, of a row that was joined with a price table; null where it has no price, and where its
 * counts contradict the token rule.
 */
export const LIST_NANODOLLARS = `CASE WHEN NOT ${CONTRADICTED} THEN ${ofMatched(nanodollarsOf(rateColumn))} END`;
/** Like `LIST_NANODOLLARS`, but also for rows whose counts contradict the token rule: the rest of `input` or `output` is then 0. For comparison, never for billing. */
export const LIST_NANODOLLARS_FLOORED = ofMatched(nanodollarsOf(rateColumn));
/** Like `LIST_NANODOLLARS`, if no count were within another. */
export const LIST_NANODOLLARS_APART = ofMatched(nanodollarsOf(rateColumn, COUNTS_APART));

function ofMatched(nanodollars: string): string {
  return `CASE WHEN list_tier IS NOT NULL THEN ${nanodollars} END`;
}

/** Price rows as temporary tables that usage can be joined with. */
export class PriceTable {
  readonly #duck: DuckDBConnection;
  readonly #models: string;
  readonly #tiers: string;
  /** In order of their numbers, which start at 1. */
  readonly tiers: readonly TierOfRow[];

  private constructor(duck: DuckDBConnection, scope: string, rows: readonly PriceRow[]) {
    this.#duck = duck;
    this.#models = identifier(`models priced in ${scope}`);
    this.#tiers = identifier(`prices of ${scope}`);
    this.tiers = rows.flatMap((row, model) => row.tiers.map((tier) => ({ ...tier, row, model })));
  }

  /** @param scope a text that is unique among concurrent tables. */
  static async create(duck: DuckDBConnection, scope: string, rows: readonly PriceRow[]): Promise<PriceTable> {
    const table = new PriceTable(duck, scope, rows);
    await duck.run(`CREATE TEMP TABLE ${table.#models} (priced_as INTEGER, ${KEY.map((name) => `priced_${name} VARCHAR`).join(", ")},
      priced_from TIMESTAMPTZ, priced_to TIMESTAMPTZ, cached_in_input BOOLEAN, cache_writes_in_input BOOLEAN,
      images_in_input BOOLEAN, reasoning_in_output BOOLEAN, images_in_output BOOLEAN)`);
    await duck.run(`CREATE TEMP TABLE ${table.#tiers} (list_tier INTEGER, tier_of INTEGER, tier_above BIGINT, tier_up_to BIGINT,
      ${BILLED.map((name) => `${rateColumn(name)} HUGEINT`).join(", ")})`);
    if (rows.length === 0) return table;
    await duck.run(`INSERT INTO ${table.#models} VALUES ${rows.map(modelValues).join(", ")}`);
    await duck.run(`INSERT INTO ${table.#tiers} VALUES ${table.tiers.map(tierValues).join(", ")}`);
    return table;
  }

  /** SQL of the join after a relation with the usage columns: each row that `which` selects matches at most one tier. */
  joinTo(which: string): string {
    const equal = KEY.map((name) => `${name} IS NOT DISTINCT FROM priced_${name}`);
    // A row that needs no price has no provider here, and matches nothing.
    equal[0] = `CASE WHEN ${which} THEN provider END = priced_provider`;
    return `LEFT JOIN ${this.#models} ON ${equal.join(" AND ")} AND ts >= priced_from AND ts < priced_to
      LEFT JOIN ${this.#tiers} ON priced_as = tier_of AND ${CONTEXT} > tier_above AND ${CONTEXT} <= tier_up_to`;
  }

  /** SQL that gives each joined row the text that `text` returns for its tier (`list_tier`); null where no tier matched. */
  textOf(text: (tier: TierOfRow) => string | null): string {
    return `([${this.tiers.map((tier) => literal(text(tier))).join(", ")}]::VARCHAR[])[list_tier]`;
  }

  async forget(): Promise<void> {
    await this.#duck.run(`DROP TABLE ${this.#tiers}`);
    await this.#duck.run(`DROP TABLE ${this.#models}`);
  }
}

/** SQL name of the column with a joined row's rate. */
export function rateColumn(name: Billed): string {
  return `rate_of_${name}`;
}

function modelValues({ of, from, to, counts }: PriceRow, index: number): string {
  const flags = [counts.cachedInInput, counts.cacheWritesInInput, counts.imagesInInput, counts.reasoningInOutput, counts.imagesInOutput];
  return `(${[index, ...KEY.map((name) => literal(of[name])), sqlInstant(from), sqlInstant(to), ...flags].join(", ")})`;
}

const BELOW_ALL = -1;
const ABOVE_ALL = 2n ** 63n - 1n;

function tierValues({ model, above, upTo, rates }: TierOfRow, index: number): string {
  const prices = BILLED.map((name) => String(rates.get(name) ?? "NULL"));
  return `(${[index + 1, model, above ?? BELOW_ALL, upTo ?? ABOVE_ALL, ...prices].join(", ")})`;
}

/** Removes NUL characters, which would end the statement. */
function literal(text: string | null): string {
  return text === null ? "NULL" : `(${sqlText(text).replaceAll("\0", "' || chr(0) || '")})`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
