import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { COST_NANODOLLARS, sqlInstant, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { ANY_COUNT, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { SELECT_USAGE_KEY, toUsageKey, type UsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import { BILLED_COUNTS } from "../list/billed-counts.ts";
import { BILLED, type Billed } from "../list/price-entry.ts";
import { listPriceRows, type Prices } from "../list/price-rows.ts";
import { LIST_NANODOLLARS, listModels, PriceTable, rateColumn } from "../list/price-table.ts";

/** Priced requests of one key, day and agent, with their list price if it is known. */
export interface CostGroup {
  usage: UsageKey;
  agent: string | null;
  costSource: "aperture" | "price_list";
  /** As in `price_version`; null where the list has no price, or where the cost came from elsewhere. */
  version: string | null;
  requests: bigint;
  cost: Nanodollars;
  /** The billed counts, so that no token counts twice; empty where the price is unknown. */
  counts: { of: Billed; count: bigint; /** 1e-18 dollars per million. */ rate: bigint }[];
}

/** Unpriced requests, as recorded. */
export interface Unpriced {
  requests: bigint;
  inputTokens: bigint;
  outputTokens: bigint;
}

const TABLE = "cost_group";
const COUNT = (name: Billed): string => `count_of_${name}`;
const GROUP = [...USAGE_KEYS, "agent", "cost_source", "version", ...BILLED.map(rateColumn)];
/** A list price is the price if the cost came from it; for a gateway's own estimate it gives the proportions. */
const BY_LIST = `coalesce(CASE cost_source WHEN 'price_list' THEN list_nanodollars = nanodollars
  ELSE list_nanodollars > 0 OR (nanodollars = 0 AND list_nanodollars = 0) END, false)`;

/** Sums of a month's requests by day, key and price: add the `usage` tables one after the other, then read one day at a time. */
export class CostGroups {
  readonly #duck: DuckDBConnection;
  /** The beginnings of the days, and the end of the last, in milliseconds since 1970. */
  readonly #borders: readonly number[];

  private constructor(duck: DuckDBConnection, borders: readonly number[]) {
    this.#duck = duck;
    this.#borders = borders;
  }

  static async create(duck: DuckDBConnection, borders: readonly number[]): Promise<CostGroups> {
    await duck.run(`CREATE TEMP TABLE ${TABLE} (day INTEGER, instance VARCHAR, caller VARCHAR, caller_type VARCHAR, tags VARCHAR[],
      provider VARCHAR, model VARCHAR, billing VARCHAR, dimensions STRUCT(key VARCHAR, value VARCHAR)[], agent VARCHAR, cost_source VARCHAR,
      version VARCHAR, ${BILLED.map((name) => `${rateColumn(name)} HUGEINT`).join(", ")},
      requests HUGEINT, nanodollars HUGEINT, ${BILLED.map((name) => `${COUNT(name)} HUGEINT`).join(", ")})`);
    return new CostGroups(duck, borders);
  }

  /** @param file local `usage` table of one UTC date of one gateway. */
  async add(file: string, prices: Prices): Promise<Unpriced> {
    const [from = 0, to = 0] = [this.#borders[0], this.#borders.at(-1)];
    const rows = `(SELECT *, ${COST_NANODOLLARS} AS nanodollars FROM ${readParquet(file)} WHERE ${sqlWithin("ts", { from, to })})`;
    const table = await PriceTable.create(this.#duck, file, listPriceRows(await listModels(this.#duck, rows, "cost_usd IS NOT NULL"), prices, from, to));
    const ofList = ["version", ...BILLED.map(rateColumn), ...BILLED.map(COUNT)];
    try {
      const counts = BILLED.map((name) => `${BILLED_COUNTS[name]}::HUGEINT AS ${COUNT(name)}`);
      await this.#duck.run(`INSERT INTO ${TABLE}
        SELECT day, ${GROUP.join(", ")}, count(*), sum(nanodollars), ${BILLED.map((name) => `sum(${COUNT(name)})`).join(", ")} FROM (
          SELECT * REPLACE (${ofList.map((name) => `CASE WHEN by_list THEN ${name} END AS ${name}`).join(", ")}) FROM (
            SELECT *, ${BY_LIST} AS by_list FROM (
              SELECT ${this.#dayOf("ts")} AS day, ${SELECT_USAGE_KEY},
                agent, cost_source, nanodollars, ${LIST_NANODOLLARS} AS list_nanodollars, ${table.textOf(({ version }) => version)} AS version,
                ${BILLED.map(rateColumn).join(", ")}, ${counts.join(", ")}
              FROM ${rows} AS requests ${table.joinTo("cost_usd IS NOT NULL")} WHERE cost_usd IS NOT NULL)))
        GROUP BY ALL`);
    } finally {
      await table.forget();
    }
    const left = await this.#duck.runAndReadAll(`SELECT count(*)::HUGEINT, coalesce(sum(input_tokens), 0)::HUGEINT, coalesce(sum(output_tokens), 0)::HUGEINT
      FROM ${rows} WHERE cost_usd IS NULL AND ${ANY_COUNT}`);
    const [requests = 0n, inputTokens = 0n, outputTokens = 0n] = z.array(z.bigint()).parse(left.getRowsJS()[0]);
    return { requests, inputTokens, outputTokens };
  }

  /** @param day its number, from 0. In order of key, agent and price. */
  async read(day: number): Promise<CostGroup[]> {
    const sums = ["requests", "nanodollars", ...BILLED.map(COUNT)].map((name) => `sum(${name})::HUGEINT AS ${name}`);
    const found = await this.#duck.runAndReadAll(`SELECT ${[...GROUP, ...sums].join(", ")} FROM ${TABLE} WHERE day = ${String(day)} GROUP BY ALL
      ORDER BY ${GROUP.map((name) => `${name} NULLS FIRST`).join(", ")}`);
    return found.getRowObjectsJS().map((row) => describeGroup(groupRow.parse(row), row));
  }

  async forget(): Promise<void> {
    await this.#duck.run(`DROP TABLE ${TABLE}`);
  }

  #dayOf(column: string): string {
    const later = this.#borders.slice(1, -1).map((border, index) => `WHEN ${column} >= ${sqlInstant(border)} THEN ${String(index + 1)}`);
    return later.length === 0 ? "0" : `CASE ${later.toReversed().join(" ")} ELSE 0 END`;
  }
}

const keyRow = z.object(usageKeyColumns).transform(toUsageKey);

const groupRow = z.object({
  agent: z.string().nullable(),
  cost_source: z.enum(["aperture", "price_list"]),
  version: z.string().nullable(),
  requests: z.bigint(),
  nanodollars: z.bigint(),
});

function describeGroup({ agent, cost_source, version, requests, nanodollars }: z.infer<typeof groupRow>, row: Record<string, unknown>): CostGroup {
  const counts = BILLED.flatMap((of) => {
    const [count, rate] = [row[COUNT(of)], row[rateColumn(of)]];
    return typeof count === "bigint" && count > 0n && typeof rate === "bigint" ? [{ of, count, rate }] : [];
  });
  return { usage: keyRow.parse(row), agent, costSource: cost_source, version, requests, cost: nanodollars, counts };
}
