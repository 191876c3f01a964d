import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { readUsage } from "../../ledger/usage/older-files.ts";
import { COST_NANODOLLARS, sqlPlaceAmong, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { ANY_COUNT } from "../../ledger/usage/usage-columns.ts";
import { sqlSameKey } from "../../ledger/usage/usage-key.ts";
import { BILLED_COUNTS } from "../list/billed-counts.ts";
import { BILLED, type Billed } from "../list/price-entry.ts";
import { findPriceRows } from "../list/find-price-rows.ts";
import type { Prices } from "../list/price-rows.ts";
import { LIST_NANODOLLARS, PriceTable, rateColumn } from "../list/price-table.ts";

/** Unpriced requests, as recorded. */
export interface Unpriced {
  requests: bigint;
  inputTokens: bigint;
  outputTokens: bigint;
}

/**
 * Sums of priced requests by `day`, `key_id`, `agent`, `cost_source` and `price_no`: `requests`, `nanodollars`, and a count of each meter. The number of
 * the price is null where the list has none, or where the cost came from elsewhere.
 */
export const COST_GROUP = "cost_group";
/** List prices: `price_no`, `version` as in `price_version`, and the rates, in 1e-18 dollars per million. */
export const COST_PRICE = "cost_price";

/** The column with a billed count. */
export function countColumn(name: Billed): string {
  return `count_of_${name}`;
}

/** A list price is the price if the cost came from it; for a gateway's own estimate it gives the proportions. */
const BY_LIST = `coalesce(CASE cost_source WHEN 'price_list' THEN list_nanodollars = nanodollars
  ELSE list_nanodollars > 0 OR (nanodollars = 0 AND list_nanodollars = 0) END, false)`;

/** Fills `COST_GROUP`: add the `usage` tables of one gateway after the other. */
export class CostGroups {
  readonly #duck: DuckDBConnection;
  /** The beginnings of the days, and the end of the last, in milliseconds since 1970. */
  readonly #borders: readonly number[];

  readonly #keys: string;
  /** Numbers of prices by version and rates. */
  readonly #prices = new Map<string, number>();

  private constructor(duck: DuckDBConnection, borders: readonly number[], keys: string) {
    this.#duck = duck;
    this.#borders = borders;
    this.#keys = keys;
  }

  /** @param keys the table of all keys of the usage, with their `key_id` */
  static async create(duck: DuckDBConnection, borders: readonly number[], keys: string): Promise<CostGroups> {
    await duck.run(`CREATE TEMP TABLE ${COST_GROUP} (day INTEGER, key_id INTEGER, agent VARCHAR, cost_source VARCHAR, price_no INTEGER,
      requests HUGEINT, nanodollars HUGEINT, ${BILLED.map((name) => `${countColumn(name)} HUGEINT`).join(", ")})`);
    await duck.run(`CREATE TEMP TABLE ${COST_PRICE} (price_no INTEGER, version VARCHAR, ${BILLED.map((name) => `${rateColumn(name)} HUGEINT`).join(", ")})`);
    return new CostGroups(duck, borders, keys);
  }

  /** @param files local `usage` tables of one gateway. */
  async add(files: readonly string[], prices: Prices): Promise<Unpriced> {
    const [from = 0, to = 0] = [this.#borders[0], this.#borders.at(-1)];
    const all = `(SELECT * REPLACE (map_entries(dimensions) AS dimensions), ${COST_NANODOLLARS} AS nanodollars FROM ${readUsage(...files)} WHERE ${sqlWithin("ts", { from, to })})`;
    const rows = `(SELECT * FROM ${all} WHERE cost_usd IS NOT NULL)`;
    const table = await PriceTable.create(this.#duck, files.join(), await findPriceRows(this.#duck, rows, "cost_usd IS NOT NULL", prices, from, to));
    try {
      // A gateway whose models have no price at all needs no counts.
      const isListed = table.tiers.length > 0;
      const counts = BILLED.map((name) => `${isListed ? BILLED_COUNTS[name] : "NULL"}::HUGEINT AS ${countColumn(name)}`);
      const sums = BILLED.map((name) => `sum(CASE WHEN by_list THEN ${countColumn(name)} END) AS ${countColumn(name)}`);
      const priceOf = `([${(await this.#numberPrices(table)).join(", ")}]::INTEGER[])[list_tier]`;
      await this.#duck.run(`INSERT INTO ${COST_GROUP}
        SELECT day, key_id, agent, cost_source, CASE WHEN by_list THEN ${priceOf} END AS price_no, count(*) AS requests, sum(nanodollars) AS nanodollars, ${sums.join(", ")} FROM (
          SELECT *, ${BY_LIST} AS by_list FROM (
            SELECT ${sqlPlaceAmong("ts", this.#borders.slice(0, -1))} AS day, key_id,
              agent, cost_source, nanodollars, ${isListed ? LIST_NANODOLLARS : "NULL::DECIMAL(18, 0)"} AS list_nanodollars, list_tier, ${counts.join(", ")}
            FROM (SELECT requests.*, key_id FROM ${rows} AS requests JOIN ${this.#keys} AS keys ON ${sqlSameKey("requests", "keys")}) ${table.joinTo("cost_usd IS NOT NULL")}))
        GROUP BY ALL`);
    } finally {
      await table.forget();
    }
    const left = await this.#duck.runAndReadAll(`SELECT count(*)::HUGEINT, coalesce(sum(input_tokens), 0)::HUGEINT, coalesce(sum(output_tokens), 0)::HUGEINT
      FROM ${all} WHERE cost_usd IS NULL AND ${ANY_COUNT}`);
    const [requests = 0n, inputTokens = 0n, outputTokens = 0n] = z.array(z.bigint()).parse(left.getRowsJS()[0]);
    return { requests, inputTokens, outputTokens };
  }

  /** The number of each tier's price: tiers of equal versions and rates have one price. */
  async #numberPrices({ tiers }: PriceTable): Promise<number[]> {
    const added: (number | bigint | string | null)[][] = [];
    const numbers = tiers.map(({ version, rates }) => {
      const price = [version, ...BILLED.map((name) => rates.get(name) ?? null)];
      const name = JSON.stringify(price.map(String));
      const number = this.#prices.get(name) ?? this.#prices.size;
      if (number === this.#prices.size) {
        this.#prices.set(name, number);
        added.push([number, ...price]);
      }
      return number;
    });
    await appendRows(this.#duck, COST_PRICE, added);
    return numbers;
  }
}
