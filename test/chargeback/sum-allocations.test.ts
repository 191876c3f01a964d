import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BILLIONTHS } from "../../src/ledger/money.ts";
import { type AllocatedFigures, type AllocatedSummary, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { sumAllocations } from "../../src/chargeback/report/sum-allocations.ts";
import type { AllocationSums } from "../../src/chargeback/report/summarise-allocations.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { type Allocation, inventAdjustment, inventAllocation, writeAllocations } from "./invented-allocations.ts";
import { HOSTILE_NAMES } from "./invented-report.ts";

async function sum(rows: readonly Allocation[], dimensions: readonly string[] = []): Promise<AllocationSums> {
  const directory = temporaryFolder();
  const file = join(directory, "allocations.parquet");
  await writeAllocations(file, rows, directory);
  return await withDuckDb({ temporaryDirectory: directory }, (duck) => sumAllocations(duck, file, dimensions));
}

/** A thirds-split request of CI, a person on a plan, a machine of our own, something unpriced, a discount and a markup. */
const MONTH: readonly Allocation[] = [
  ...[333_333_334n, 333_333_333n, 333_333_333n].map((requests, index) =>
    inventAllocation({ team: ["payments", "search", "(unallocated)"][index]!, cost_center: ["CC-100", null, null][index]!, caller: "tag:ci,tag:eu", tag: index === 0 ? "tag:ci" : "tag:eu", dimensions: { repo: "acme/payments" }, method: "split_even", cost: 100_000_000n + BigInt(index), requests }),
  ),
  inventAllocation({ billing: "subscription", cost: 7_000_000_000n, dimensions: { repo: "acme/web", workflow: "(none)" } }),
  inventAllocation({ team: "search", cost_center: null, billing: "self_hosted", cost: 5_000_000_000n }),
  inventAllocation({ team: "search", cost_center: "CC-9", cost: null, unpriced_requests: BILLIONTHS }),
  inventAdjustment(-50_000_001n, { dimensions: { repo: "acme/payments" } }),
  inventAdjustment(20_000_000n, { team: "search", cost_center: null }),
];

function addUp(figures: readonly AllocatedFigures[]): bigint[] {
  const charges = figures.flatMap((one) => [one, one.billing.metered, one.billing.subscription, one.billing.self_hosted]);
  const sums = ["requests", "cost", "unpricedRequests"].flatMap((name) =>
    [0, 1, 2, 3].map((part) => charges.filter((_, index) => index % 4 === part).reduce((all, charge) => all + (charge[name as "cost"] ?? 0n), 0n)),
  );
  const tokens = (["input", "output", "cached", "cacheWrite"] as const).map((kind) => figures.reduce((all, one) => all + one.tokens[kind], 0n));
  return [...sums, ...tokens, figures.reduce((all, one) => all + (one.adjustments ?? 0n), 0n)];
}

const figuresOf = (summary: AllocatedSummary<unknown>): AllocatedFigures[] => summary.map(({ figures }) => figures);

describe("sumAllocations", () => {
  test("teams, tags and each dimension add up to the total exactly", async () => {
    const sums = await sum(MONTH, ["repo", "workflow", "branch"]);
    const total = addUp([sums.total]);
    for (const summary of [sums.byTeam, sums.byTag, ...sums.byDimension.map(({ rows }) => rows)]) expect(addUp(figuresOf(summary))).toEqual(total);
    expect(sums.total).toMatchObject({ requests: 4n * BILLIONTHS, cost: 12_300_000_003n, adjustments: -30_000_001n });
    expect(sumOwed(sums.total).cost).toBe(300_000_003n + 5_000_000_000n - 30_000_001n);
  });

  test("a team is one row a cost centre, with what it owes, and what nobody is charged for comes last", async () => {
    const { byTeam } = await sum(MONTH);
    expect(byTeam.map(({ key: { team, costCenter }, figures }) => [team, costCenter, sumOwed(figures).cost, figures.billing.subscription.cost, figures.adjustments])).toEqual([
      ["search", null, 5_120_000_001n, null, 20_000_000n],
      ["payments", "CC-100", 49_999_999n, 7_000_000_000n, -50_000_001n],
      ["search", "CC-9", null, null, null],
      ["(unallocated)", null, 100_000_002n, null, null],
    ]);
  });

  test("nobody is charged for nothing: that row is there as well", async () => {
    const { byTeam } = await sum([inventAllocation()]);
    expect(byTeam.map(({ key, figures }) => [key.team, figures.requests, sumOwed(figures).cost])).toEqual([
      ["payments", BILLIONTHS, 450_000n],
      ["(unallocated)", 0n, 0n],
    ]);
  });

  test("dimensions are those that are configured, in their order, and then those that occur", async () => {
    const { byDimension } = await sum(MONTH, ["workflow", "branch"]);
    expect(byDimension.map(({ name }) => name)).toEqual(["workflow", "branch", "repo"]);
    expect(byDimension[1]?.rows.map(({ key }) => key)).toEqual([{ value: "(none)", given: false }]);
  });

  test("a request without a dimension is told from one whose value reads the same", async () => {
    const { byDimension } = await sum(MONTH, ["workflow"]);
    expect(byDimension[0]?.rows.map(({ key, figures }) => [key, figures.requests])).toEqual([
      [{ value: "(none)", given: false }, 3n * BILLIONTHS],
      [{ value: "(none)", given: true }, BILLIONTHS],
    ]);
  });

  test("names from outside stay what they are", async () => {
    const rows = HOSTILE_NAMES.map((name) => inventAllocation({ team: name, cost_center: name, tag: name, rule: name, dimensions: { [name]: name } }));
    const { byTeam, byTag, byDimension } = await sum(rows);
    const expected = [...HOSTILE_NAMES].sort();
    expect(byTeam.slice(0, -1).map(({ key }) => key.team).sort()).toEqual(expected);
    expect(byTag.map(({ key }) => key.tag).sort()).toEqual(expected);
    expect(byDimension.map(({ name }) => name).sort()).toEqual(expected);
    for (const { name, rows: values } of byDimension) expect(values.map(({ key }) => key.value).sort()).toEqual(["(none)", name].sort());
  });
});
