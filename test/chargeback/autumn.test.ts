import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { BilledFigures, RequestCost } from "../../src/chargeback/report/usage-figures.ts";
import { BILLINGS } from "../../src/ledger/usage/usage-record.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { query } from "../query.ts";
import { publishInvented } from "./invented-allocations.ts";
import { NO_NOTES } from "./invented-report.ts";
import { fillLake, type RealLake } from "./real-lake.ts";

interface TrueSums {
  requests: number;
  nanodollars: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cache_creation_input_tokens: number;
}

interface Truth {
  by_day: Record<string, TrueSums>;
  by_login: Record<string, TrueSums>;
}

describeWithFixtures("chargeback of the autumn exports", () => {
  const autumn = fixture("autumn") ?? "";
  let lake: RealLake;
  let truth: Truth;
  let october: ChargebackReport;

  beforeAll(async () => {
    truth = JSON.parse(await readFile(join(autumn, "truth.json"), "utf8")) as Truth;
    lake = await fillLake(autumn);
    october = (await publishInvented(lake.store, "2026-10")).report;
  }, 600_000);
  afterAll(async () => await lake.remove());

  test("the total is the truth's, to the nanodollar", () => {
    const days = Object.entries(truth.by_day).filter(([day]) => day.startsWith("2026-10-"));
    const sum = (name: keyof TrueSums): bigint => days.reduce((all, [, sums]) => all + BigInt(sums[name]), 0n);
    const { requests, cost, tokens } = october.total;
    expect({ requests, cost, ...tokens }).toEqual({
      requests: sum("requests"),
      cost: sum("nanodollars"),
      input: sum("input_tokens"),
      output: sum("output_tokens"),
      cached: sum("cached_tokens"),
      cacheWrite: sum("cache_creation_input_tokens"),
    });
    expect(Object.values(october.statuses).reduce((all, count) => all + count, 0n)).toBe(requests);
    // Nothing was captured that would show a credential.
    const { requests: ofPlans, cost: listValue } = october.total.billing.subscription;
    expect(october.quality).toEqual({ damaged: [], quarantined: [], unbuiltDays: [], daysWithoutUsage: [], identifiersUsedAgain: 0, assumed: { requests: Number(ofPlans), cost: listValue }, notes: NO_NOTES });
  });

  test("both months together are the truth's callers", async () => {
    const september = (await publishInvented(lake.store, "2026-09")).report;
    const callers: Record<string, [requests: number, nanodollars: number]> = {};
    for (const { key, figures } of [...september.byCaller, ...october.byCaller]) {
      const [requests, cost] = callers[key.caller] ?? [0, 0];
      callers[key.caller] = [requests + Number(figures.requests), cost + Number(figures.cost ?? 0n)];
    }
    const expected = Object.entries(truth.by_login).map(([login, { requests, nanodollars }]) => [login, [requests, nanodollars]]);
    expect(callers).toEqual(Object.fromEntries(expected));
    expect(september.quality.daysWithoutUsage).toEqual(
      Array.from({ length: 14 }, (_, index) => `2026-09-${String(index + 1).padStart(2, "0")}`),
    );
  });

  test("every summary adds up to the total exactly, and so does its split by billing", () => {
    const { total } = october;
    for (const summary of [october.byCaller, october.byTags, october.byModel, october.byProvider]) {
      expect(addUp(summary.map(({ figures }) => figures))).toEqual(addUp([total]));
      for (const kind of BILLINGS) {
        expect(addCharges(summary.map(({ figures }) => figures.billing[kind]))).toEqual(addCharges([total.billing[kind]]));
      }
    }
    expect(addCharges(october.rows)).toEqual(addCharges([total]));
    expect(addCharges(BILLINGS.map((kind) => total.billing[kind]))).toEqual(addCharges([total]));
    expect(october.byTags.map(({ key }) => key.tagSet)).toEqual(["(untagged)", "tag:ci", "tag:api,tag:prod", "tag:batch,tag:prod"]);
  });

  test.each([
    ["America/Los_Angeles", "2026-10", "2026-10-01T07:00:00Z", "2026-11-01T07:00:00Z"],
    ["America/Los_Angeles", "2026-09", "2026-09-01T07:00:00Z", "2026-10-01T07:00:00Z"],
    ["Asia/Kolkata", "2026-10", "2026-09-30T18:30:00Z", "2026-10-31T18:30:00Z"],
    ["Asia/Kathmandu", "2026-10", "2026-09-30T18:15:00Z", "2026-10-31T18:15:00Z"],
  ])("%s cuts %s where its clocks do", async (timezone, month, from, to) => {
    const { report } = await publishInvented(lake.store, month, timezone);
    const usage = await query(`
      SELECT caller, array_to_string(tags, ',') AS tags, provider, model, billing, count(*) AS requests,
        sum(input_tokens) AS input_tokens, sum(cost_usd) AS cost_usd
      FROM read_parquet('${lake.directory}/usage/*/*.parquet', hive_partitioning = false)
      WHERE ts >= '${from}'::TIMESTAMPTZ AND ts < '${to}'::TIMESTAMPTZ
      GROUP BY ALL ORDER BY ALL`);
    const rows = report.rows.map(({ caller, tags, provider, model, billing, requests, tokens, cost }) => ({
      caller,
      tags: tags.join(","),
      provider,
      model,
      billing,
      requests: String(requests),
      input_tokens: String(tokens.input),
      cost_usd: cost === null ? null : formatDollars(cost),
    }));
    expect(rows).toEqual(usage);
    expect(report.total.cost).not.toBe(october.total.cost);
  });

  test("requests without a price are those with tokens and no cost", async () => {
    const [counted] = await query(`
      SELECT count(*) AS requests FROM read_parquet('${lake.directory}/usage/*/*.parquet', hive_partitioning = false)
      WHERE cost_usd IS NULL AND input_tokens + output_tokens > 0 AND strftime(ts::TIMESTAMP, '%Y-%m') = '2026-10'`);
    expect(String(october.total.unpricedRequests)).toBe(counted?.["requests"]);
    expect(october.total.unpricedRequests).toBeGreaterThan(0n);
  });

  test("the CSV, read by another parser, has the rows of the JSON", async () => {
    await publishInvented(lake.store, "2026-10");
    const csv = await query(`FROM read_csv('${lake.directory}/reports/2026-10/chargeback.csv', header = true, all_varchar = true)`);
    const json = JSON.parse(await readFile(join(lake.directory, "reports/2026-10/chargeback.json"), "utf8")) as {
      rows: Record<string, string | number | string[] | null>[];
    };
    const expected = json.rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? "") || null])),
    );
    expect(csv).toEqual(expected.map((row) => expect.objectContaining(row) as unknown));
    expect(Object.keys(csv[0]!).sort()).toEqual(Object.keys(expected[0]!).sort());
  });

  test("running again writes nothing; a changed file is put right, alone", async () => {
    await publishInvented(lake.store, "2026-10");
    const file = join(lake.directory, "reports/2026-10/chargeback.html");
    const before = await stat(file, { bigint: true });
    const replace = vi.spyOn(lake.store, "replace");
    const create = vi.spyOn(lake.store, "create");
    const remove = vi.spyOn(lake.store, "remove");
    try {
      const again = await publishInvented(lake.store, "2026-10");
      expect(again.written).toEqual([]);
      expect(renderJson(again.report)).toBe(renderJson(october));
      expect([replace, create, remove].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0]);
      expect((await stat(file, { bigint: true })).mtimeNs).toBe(before.mtimeNs);

      await lake.store.replace(again.files.csv, Buffer.from("altered"));
      expect((await publishInvented(lake.store, "2026-10")).written).toEqual(["csv"]);
      expect((await publishInvented(lake.store, "2026-10")).written).toEqual([]);
    } finally {
      vi.restoreAllMocks();
    }
  });
});

function addUp(figures: BilledFigures[]): bigint[] {
  const tokens = (name: keyof BilledFigures["tokens"]): bigint => figures.reduce((all, one) => all + one.tokens[name], 0n);
  return [...addCharges(figures), tokens("input"), tokens("output"), tokens("cached"), tokens("cacheWrite")];
}

function addCharges(charges: RequestCost[]): bigint[] {
  const sum = (valueOf: (charge: RequestCost) => bigint): bigint => charges.reduce((all, charge) => all + valueOf(charge), 0n);
  return [sum(({ requests }) => requests), sum(({ cost }) => cost ?? 0n), sum(({ unpricedRequests }) => unpricedRequests)];
}
