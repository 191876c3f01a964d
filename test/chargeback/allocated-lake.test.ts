import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { BILLIONTHS, formatDollars } from "../../src/ledger/money.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { type Allocation, inventAdjustment, publishInvented } from "./invented-allocations.ts";
import type { PublishedReport } from "../../src/chargeback/gathering/publish-report.ts";
import { fillLake, type RealLake } from "./real-lake.ts";

const teamOf = (caller: string): string => (caller.startsWith("tag:") ? "platform" : caller < "user12" ? "payments" : "(unallocated)");

describeWithFixtures("the chargeback of a lake with allocations", ["autumn", "aperture-config.hujson"], (pathOf) => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillLake(pathOf("autumn"));
  });
  afterAll(async () => await lake.remove());

  async function publish(options: Parameters<typeof publishInvented>[3] = {}): Promise<PublishedReport> {
    return await publishInvented(lake.store, "2026-10", "UTC", { teamOf, dimensions: ["repo"], ...options });
  }

  test("teams, tags and repositories add up to the month", async () => {
    const { report } = await publish();
    for (const summary of [report.byTeam, report.byTag, ...report.byDimension.map(({ rows }) => rows)]) {
      const sum = (read: (row: (typeof summary)[number]) => bigint | null): bigint => summary.reduce((all, row) => all + (read(row) ?? 0n), 0n);
      expect(sum(({ figures }) => figures.cost)).toBe(report.total.cost);
      expect(sum(({ figures }) => figures.requests)).toBe(report.total.requests * BILLIONTHS);
      expect(sum(({ figures }) => sumOwed(figures).cost)).toBe((report.total.billing.metered.cost ?? 0n) + (report.total.billing.self_hosted.cost ?? 0n));
    }
    expect(report.byTeam.map(({ key }) => key.team).sort()).toEqual(["(unallocated)", "payments", "platform"]);
    expect(report.byDimension.map(({ name }) => name)).toEqual(["repo"]);
  });

  test("by repository is what the usage says of each", async () => {
    const { report } = await publish();
    const usage = await query(`
      SELECT coalesce(dimensions['repo'], '(none)') AS repo, sum(cost_usd) AS cost
      FROM read_parquet('${lake.directory}/usage/*/*.parquet', hive_partitioning = false)
      WHERE ts >= '2026-10-01T00:00:00Z'::TIMESTAMPTZ AND ts < '2026-11-01T00:00:00Z'::TIMESTAMPTZ GROUP BY ALL ORDER BY repo`);
    const rows = report.byDimension[0]!.rows.map(({ key, figures }) => ({ repo: key.value, cost: figures.cost && formatDollars(figures.cost) }));
    expect(rows.toSorted((a, b) => (a.repo < b.repo ? -1 : 1))).toEqual(usage);
  });

  test("tags in full are the usage of the devices that have them", async () => {
    const { report } = await publish({ tags: "full" });
    const [prod] = await query(`
      SELECT sum(cost_usd) AS cost FROM read_parquet('${lake.directory}/usage/*/*.parquet', hive_partitioning = false)
      WHERE list_contains(tags, 'tag:prod') AND ts >= '2026-10-01T00:00:00Z'::TIMESTAMPTZ AND ts < '2026-11-01T00:00:00Z'::TIMESTAMPTZ`);
    const row = report.byTag.find(({ key }) => key.tag === "tag:prod");
    expect(formatDollars(row!.figures.cost!)).toBe(prod?.["cost"]);
  });

  test("adjustments change what is owed and no usage; teams.csv holds every nanodollar of it", async () => {
    const discount = inventAdjustment(-1_000_000_007n, { team: "platform", cost_center: "CC-platform", caller: "tag:ci", tag: "tag:ci" });
    const { report, files } = await publish({ change: (rows) => [...rows, discount] });
    const owed = sumOwed(report.allocated).cost!;
    expect(owed).toBe(report.total.billing.metered.cost! + (report.total.billing.self_hosted.cost ?? 0n) - 1_000_000_007n);
    const [csv] = await query(`
      SELECT sum(cost_usd::DECIMAL(38,9)) FILTER (billing != 'subscription') AS owed, sum(requests::DECIMAL(38,9)) AS requests
      FROM read_csv('${lake.directory}/${files.teams}', header = true, all_varchar = true)`);
    expect(csv).toEqual({ owed: formatDollars(owed), requests: formatDollars(report.total.requests * BILLIONTHS) });
  });

  test.each<[string, (rows: Allocation[]) => Allocation[]]>([
    ["lack a row", (rows) => rows.slice(1)],
    ["are a nanodollar more", (rows) => changeFirst(rows, ({ cost }) => cost !== null, (row) => ({ cost: row.cost! + 1n }))],
    ["make a gap a zero", (rows) => rows.map((row) => (row.billing === "self_hosted" ? { ...row, cost: row.cost ?? 0n } : row))],
    ["lack part of a request", (rows) => changeFirst(rows, () => true, ({ requests }) => ({ requests: requests! - 1n }))],
    ["have other tokens", (rows) => changeFirst(rows, () => true, ({ output_tokens }) => ({ output_tokens: output_tokens! + 1n }))],
    ["have an unpriced request more", (rows) => changeFirst(rows, () => true, (row) => ({ unpriced_requests: row.unpriced_requests! + BILLIONTHS }))],
    ["owe what is a list value", (rows) => changeFirst(rows, ({ billing, cost }) => billing === "subscription" && cost !== null, () => ({ billing: "metered" }))],
    ["have requests in an adjustment", (rows) => [...rows, inventAdjustment(1n, { requests: 1n })]],
    ["discount a list value", (rows) => [...rows, inventAdjustment(-1n, { billing: "subscription" })]],
  ])("allocations that %s are refused, and the report before stays", async (_what, change) => {
    await publish();
    const page = join(lake.directory, "reports/2026-10/chargeback.html");
    const before = await readFile(page, "utf8");
    await expect(publish({ change })).rejects.toMatchObject({
      code: "allocation_differs",
      message: expect.stringContaining("allocations/month=2026-10/part-0.parquet") as string,
    });
    expect(await readFile(page, "utf8")).toBe(before);
  });
});

function changeFirst(rows: readonly Allocation[], which: (row: Allocation) => boolean, change: (row: Allocation) => Partial<Allocation>): Allocation[] {
  const index = rows.findIndex(which);
  return rows.map((row, at) => (at === index ? { ...row, ...change(row) } : row));
}
