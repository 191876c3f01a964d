import type { DuckDBConnection } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { BILLED, type PriceEntry } from "../../src/prices/list/price-entry.ts";
import { readParquet } from "../../src/ledger/sql/sql-texts.ts";
import { SELECT_USAGE_KEY } from "../../src/ledger/usage/usage-key.ts";
import { rateColumn } from "../../src/prices/list/price-table.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { COST_GROUP, COST_PRICE, CostGroups, countColumn, type Unpriced } from "../../src/prices/sums/cost-groups.ts";
import { sumSlots, type SlotSums } from "../../src/prices/sums/slot-sums.ts";
import { type UsageRow, usageRow, withUsageFile, withUsageRows } from "./usage-rows.ts";

const LIST: PriceEntry[] = [{ match: "m", input: 3, output: 15 }];
const BORDERS = ["2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07"].map(Date.parse);
/** 1e-18 dollars per million. */
const INPUT_RATE = 3n * 10n ** 18n;

interface CostGroup {
  caller: string;
  agent: string | null;
  costSource: string;
  version: string | null;
  requests: bigint;
  cost: bigint;
  counts: { of: string; count: bigint; rate: bigint }[];
}

/** The groups of a day, in order of caller, agent and price. */
async function readGroups(duck: DuckDBConnection, day: number): Promise<CostGroup[]> {
  const found = await duck.runAndReadAll(`SELECT * FROM ${COST_GROUP} JOIN keys USING (key_id) LEFT JOIN ${COST_PRICE} USING (price_no) WHERE day = ${String(day)}
    ORDER BY caller, ${["agent", "cost_source", "version", ...BILLED.map(rateColumn)].map((name) => `${name} NULLS FIRST`).join(", ")}`);
  return found.getRowObjectsJS().map((row): CostGroup => {
    const counts = BILLED.flatMap((of) => {
      const [count, rate] = [row[countColumn(of)], row[rateColumn(of)]];
      return typeof count === "bigint" && count > 0n && typeof rate === "bigint" ? [{ of, count, rate }] : [];
    });
    return { caller: row["caller"] as string, agent: row["agent"] as string | null, costSource: row["cost_source"] as string, version: row["version"] as string | null, requests: row["requests"] as bigint, cost: row["nanodollars"] as bigint, counts };
  });
}

async function group(rows: readonly UsageRow[], list: readonly PriceEntry[] = LIST): Promise<{ days: CostGroup[][]; unpriced: Unpriced }> {
  return await withUsageFile(rows, async (duck, file) => {
    await duck.run(`CREATE TEMP TABLE keys AS SELECT (row_number() OVER ())::INTEGER AS key_id, * FROM (SELECT DISTINCT ${SELECT_USAGE_KEY} FROM ${readParquet(file)})`);
    const groups = await CostGroups.create(duck, BORDERS, "keys");
    const unpriced = await groups.add([file], { list: compilePriceList(list, "UTC"), gateway: [] });
    const days = [await readGroups(duck, 0), await readGroups(duck, 1), await readGroups(duck, 2)];
    return { days, unpriced };
  });
}

async function slots(rows: readonly UsageRow[], list: readonly PriceEntry[] = LIST): Promise<SlotSums[]> {
  return await withUsageRows(rows, (duck, of) => sumSlots(duck, of, { list: compilePriceList(list, "UTC"), gateway: [] }));
}

const input = (count: number, cost: bigint, of: Partial<UsageRow> = {}): UsageRow => usageRow({ tokens: { input_tokens: count }, cost, ...of });

describe("costs by day and price", () => {
  test("are in the day that they fall into, from its first moment on and before its end", async () => {
    const at = (time: string): UsageRow => input(1, 3000n, { at: time });
    const { days } = await group(["2026-10-03T23:59:59.999999Z", "2026-10-04T00:00:00Z", "2026-10-04T23:59:59.999999Z", "2026-10-05T00:00:00Z", "2026-10-06T23:59:59.999999Z", "2026-10-07T00:00:00Z"].map(at));
    expect(days.map((all) => all.map(({ requests, cost }) => [requests, cost]))).toEqual([[[2n, 6000n]], [[1n, 3000n]], [[1n, 3000n]]]);
  });

  test("of a list price are told by it only where it makes the cost", async () => {
    const { days } = await group([input(10, 30_000n, { source: "price_list" }), input(10, 30_001n, { source: "price_list", caller: "bob@example.com" })]);
    expect(days[1]).toMatchObject([
      { caller: "ann@example.com", costSource: "price_list", version: "m; counts anthropic", cost: 30_000n, counts: [{ of: "input", count: 10n, rate: INPUT_RATE }] },
      { caller: "bob@example.com", costSource: "price_list", version: null, cost: 30_001n, counts: [] },
    ]);
  });

  test("that the gateway estimated are told by the list in proportion, unless the list makes nothing of them", async () => {
    const { days } = await group([input(10, 1n, { caller: "a" }), input(0, 5n, { caller: "b" }), input(0, 0n, { caller: "c", tokens: { output_tokens: 0 } }), input(10, 7n, { caller: "d", model: "n", recorded: "p/n" })]);
    expect(days[1]?.map(({ caller, version, counts }) => [caller, version, counts.map(({ of, count }) => [of, count])])).toEqual([
      ["a", "m; counts anthropic", [["input", 10n]]],
      ["b", null, []],
      ["c", "m; counts anthropic", []],
      ["d", null, []],
    ]);
  });

  test("are apart by agent and key, with requests that have no agent first", async () => {
    const { days } = await group([input(1, 3000n, { agent: "z" }), input(1, 3000n), input(2, 6000n), input(1, 3000n, { agent: "b" }), input(1, 3000n, { caller: "a" })]);
    expect(days[1]?.map(({ caller, agent, requests, cost }) => [caller, agent, requests, cost])).toEqual([
      ["a", null, 1n, 3000n],
      ["ann@example.com", null, 2n, 9000n],
      ["ann@example.com", "b", 1n, 3000n],
      ["ann@example.com", "z", 1n, 3000n],
    ]);
  });

  test("without a price are counted, where anything was", async () => {
    const none = { cost: null, source: "none" } as const;
    const { unpriced, days } = await group([usageRow({ ...none, tokens: { input_tokens: 3, output_tokens: 4 } }), usageRow({ ...none, tokens: { output_tokens: 5 } }), usageRow(none), usageRow({ ...none, at: "2026-10-08T00:00:00Z", tokens: { input_tokens: 9 } })]);
    expect(unpriced).toEqual({ requests: 2n, inputTokens: 3n, outputTokens: 9n });
    expect(days.flat()).toEqual([]);
    expect((await group([input(1, 3000n)])).unpriced).toEqual({ requests: 0n, inputTokens: 0n, outputTokens: 0n });
  });
});

describe("sums of quarters of an hour", () => {
  test("are apart by the quarter, and tell the list's rates as the costs by day do", async () => {
    const rows = [
      input(10, 30_000n, { source: "price_list", at: "2026-10-05T12:14:59Z" }),
      input(10, 30_001n, { source: "price_list", at: "2026-10-05T12:15:00Z" }),
      input(10, 1n, { at: "2026-10-05T12:30:00Z" }),
      usageRow({ at: "2026-10-05T12:45:00Z", tokens: { input_tokens: 1 } }),
      usageRow({ at: "2026-10-05T12:45:00Z" }),
    ];
    const found = await slots(rows);
    expect(found.map(({ slot, requests, unpriced, cost, counts, rates }) => [new Date(slot).toISOString().slice(11, 16), requests, unpriced, cost, counts.input, rates?.get("input") ?? null])).toEqual([
      ["12:00", 1n, 0n, 30_000n, 10n, INPUT_RATE],
      ["12:15", 1n, 0n, 30_001n, 10n, null],
      ["12:30", 1n, 0n, 1n, 10n, INPUT_RATE],
      ["12:45", 2n, 1n, 0n, 1n, null],
    ]);
  });

  test("leave out what no provider bills, and are none of nothing", async () => {
    const billed = await slots(["metered", "subscription", "caller_key", "self_hosted"].map((billing) => input(1, 3000n, { billing })));
    expect(billed.map(({ billing }) => billing)).toEqual(["caller_key", "metered", "subscription"]);
    expect(await withUsageRows([input(1, 1n)], (duck, of) => sumSlots(duck, { ...of, rows: `(SELECT * FROM ${of.rows} WHERE false)` }, { list: [], gateway: [] }))).toEqual([]);
  });

  test("have every count under its own name", async () => {
    const tokens = { input_tokens: 100, output_tokens: 200, cached_tokens: 3, cache_write_tokens: 11, cache_write_1h_tokens: 4, image_input_tokens: 5, reasoning_tokens: 6, image_output_tokens: 7, web_searches: 8 };
    const [one] = await slots([usageRow({ tokens, apiType: "ant_messages" })]);
    expect(one?.counts).toEqual({ input: 95n, cached: 3n, cache_write_5m: 7n, cache_write_1h: 4n, image_input: 5n, output: 187n, reasoning: 6n, image_output: 7n, web_search: 8n });
    const [other] = await slots([usageRow({ tokens, apiType: "oai_completions" })]);
    expect(other?.counts).toMatchObject({ input: 81n, output: 187n });
  });
});
