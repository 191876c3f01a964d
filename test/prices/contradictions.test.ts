import { describe, expect, test } from "vitest";
import { contradictionJson, describeContradiction } from "../../src/cli/commands/describe-contradictions.ts";
import { type Contradiction, EstimateComparison } from "../../src/prices/drift/contradictions.ts";
import { type UsageRow, usageRow, withUsageRows } from "./usage-rows.ts";

async function contradictions(rows: readonly UsageRow[]): Promise<Contradiction[]> {
  return await withUsageRows(rows, async (duck, of) => {
    const comparison = await EstimateComparison.open(duck);
    // Like two days.
    await comparison.add({ ...of, to: Date.parse("2026-10-06") });
    await comparison.add({ ...of, from: Date.parse("2026-10-06") });
    return await comparison.list();
  });
}

const estimate = (cost: bigint, terms: UsageRow["terms"] = {}, of: Partial<UsageRow> = {}): UsageRow => usageRow({ tokens: { input_tokens: 1000 }, cost, terms, ...of });
const reasonsOf = async (...rows: readonly UsageRow[]): Promise<string[][]> => (await contradictions(rows)).map(({ reasons }) => [...reasons]);

describe("estimates at equal counts", () => {
  test("that are equal, or differ by rounding, contradict nothing", async () => {
    expect(await contradictions([estimate(3000n), estimate(3001n, { service_tier: "batch" }), estimate(9000n, {}, { tokens: { input_tokens: 3000 } })])).toEqual([]);
  });

  test("may differ because tier, speed or geography differs", async () => {
    expect(await reasonsOf(estimate(3000n, { service_tier: "standard" }), estimate(1500n, { service_tier: "batch" }))).toEqual([["service_tier"]]);
    expect(await reasonsOf(estimate(3000n, { speed: "standard" }), estimate(18_000n, { speed: "fast" }))).toEqual([["speed"]]);
    expect(await reasonsOf(estimate(3000n, { inference_geo: "global" }), estimate(3300n, { inference_geo: "us" }))).toEqual([["inference_geo"]]);
    expect(await reasonsOf(estimate(3000n, { service_tier: "standard", inference_geo: "global" }), estimate(1500n, { service_tier: "batch", inference_geo: "global" }), estimate(3300n, { service_tier: "standard", inference_geo: "us" })))
      .toEqual([["service_tier", "inference_geo"]]);
  });

  test("differ for an unknown reason where terms are equal, or were not captured", async () => {
    expect(await reasonsOf(estimate(3000n, { service_tier: "standard" }), estimate(1500n, { service_tier: "standard" }))).toEqual([[]]);
    expect(await reasonsOf(estimate(3000n, { service_tier: "standard" }), estimate(1500n))).toEqual([[]]);
    expect(await reasonsOf(estimate(3000n, { service_tier: "standard" }), estimate(1500n, { service_tier: "batch" }), estimate(2000n))).toEqual([[]]);
  });

  test("are compared within a model and a service of the price, over all days", async () => {
    expect(await contradictions([estimate(3000n), estimate(1500n, {}, { recorded: "p/m-20260101" }), estimate(1000n, {}, { costBasis: "bedrock-us/m" }), estimate(7n, {}, { source: "price_list" })])).toEqual([]);
    expect(await contradictions([estimate(3000n), estimate(1500n, {}, { at: "2026-10-07T12:00:00Z" })])).toHaveLength(1);
  });

  test("are summed by model and reason, and shown by the largest difference", async () => {
    const batch = { service_tier: "batch" };
    const standard = { service_tier: "standard" };
    const small = { tokens: { input_tokens: 10 } };
    const [found, ...others] = await contradictions([estimate(3000n, standard), estimate(3000n, standard, { at: "2026-10-05T13:00:00Z" }), estimate(1500n, batch), estimate(30n, standard, small), estimate(15n, batch, small)]);
    expect(others).toEqual([]);
    expect(describeContradiction(found!)).toEqual([
      "p/m: estimates of 5 requests differ at equal counts (2 combinations of counts), because service tier differs",
      "  with input_tokens 1000:",
      "    $0.000001500: service tier batch, 1 request, at 2026-10-05T12:00:00.000Z",
      "    $0.000003000: service tier standard, 2 requests, 2026-10-05T12:00:00.000Z to 2026-10-05T13:00:00.000Z",
    ]);
    expect(contradictionJson(found!)).toMatchObject({ provider: "p", model_recorded: "p/m", reasons: ["service_tier"], combinations: 2, requests: 5n, example: { input_tokens: 1000n } });
  });
});
