import { describe, expect, test } from "vitest";
import type { BillLine } from "../../src/reconciliation/comparison/bill.ts";
import type { SlotUsage } from "../../src/reconciliation/comparison/slot-usage.ts";
import { costOf, DAYS, dayOf, type Disturbance, inventUsage, reconcileDisturbed, splitOf } from "./invented-month.ts";

const OPUS = "claude-opus-4-8";

/** Causes of a disturbed bill: name, days, evidence of the largest difference. */
function causesOf(disturbance: Disturbance): [string, number, string][] {
  return reconcileDisturbed(disturbance).causes.map(({ name, days, evidence }) => [name, days, evidence]);
}

/** The same requests with other counts, costing what these do. */
function counted(usage: SlotUsage, counts: Partial<SlotUsage["counts"]>): SlotUsage {
  const all = { ...usage.counts, ...counts };
  return { ...usage, counts: all, cost: costOf(all), split: splitOf(all) };
}

function dearer(usage: SlotUsage, hundredths: bigint): SlotUsage {
  return { ...usage, cost: (usage.cost * hundredths) / 100n };
}

const HOUR = 3_600_000;

describe("a bill of what the ledger has", () => {
  test.each(["tokens", "money", "both"] as const)("has no variance: %s", (says) => {
    const { causes, total, cells, uncovered, unbilled } = reconcileDisturbed({ says });
    expect([causes, uncovered, unbilled, cells.length]).toEqual([[], [], [], 62]);
    for (const { bill, ledger } of total.counts.values()) expect(bill).toBe(ledger);
    // Amounts of a bill end somewhere: the rounding of its lines is no difference.
    const { bill, ledger } = total.cost ?? { bill: 0n, ledger: 0n };
    expect([ledger >= bill, ledger - bill < 20_000n, ledger > 0n]).toEqual([true, true, says !== "tokens"]);
  });
});

describe("what a difference comes from is told by its figures", () => {
  test.each<[string, Disturbance, [string, number, RegExp][]]>([
    [
      "requests past the gateway on some days",
      { billed: (one) => (dayOf(one) < "2026-10-04" && one.model === OPUS ? { ...one, counts: { ...one.counts, input: one.counts.input + 500n, output: one.counts.output + 70n }, cost: one.cost + 2_550_000n } : one) },
      [["bypassed_gateway", 3, /more tokens of every type.*bypassed the gateway/]],
    ],
    ["a model that the ledger never saw", { ledger: (one) => (one.model === OPUS ? undefined : one) }, [["bypassed_gateway", 31, /no request to claude-opus-4-8 in the whole month/]]],
    ["a model that the ledger did not see on a day", { ledger: (one) => (one.model === OPUS && dayOf(one) === "2026-10-09" ? undefined : one) }, [["bypassed_gateway", 1, /no request to claude-opus-4-8 on that day/]]],
    ["cache reads that the provider counts otherwise", { billed: (one) => counted(one, { cached: one.counts.cached * 2n }) }, [["cache_tokens", 31, /only cache tokens differ \(cached\)/]]],
    ["writes for an hour billed as writes for five minutes", { says: "tokens", billed: (one) => counted(one, { cache_write_5m: one.counts.cache_write_5m + one.counts.cache_write_1h, cache_write_1h: 0n }) }, [["cache_tokens", 31, /cache_write_5m, cache_write_1h/]]],
    ["cached tokens billed among the input", { says: "tokens", billed: (one) => counted(one, { input: one.counts.input + one.counts.cached, cached: 0n }) }, [["cache_tokens", 31, /the bill's input includes the ledger's \d+ cache tokens/]]],
    ["another price from a day on", { billed: (one) => (dayOf(one) >= "2026-10-15" && one.model === OPUS ? dearer(one, 125n) : one) }, [["price_version", 17, /tokens agree and money differs: the bill is 1\.25 times the ledger's from 2026-10-15 on/]]],
    ["a discount all month", { billed: (one) => dearer(one, 90n) }, [["price_version", 31, /0\.9 times the ledger's on all days/]]],
    ["another price, by a bill without tokens", { says: "money", billed: (one) => (dayOf(one) <= "2026-10-10" ? dearer(one, 110n) : one) }, [["price_version", 10, /the factor is the same.*1\.1 times the ledger's until 2026-10-10/]]],
    ["days of a time zone ahead", { offset: 5.5 * HOUR }, [["time_zone", 31, /disappears if the bill's days are in UTC\+0[45]:\d\d/]]],
    ["days of a time zone behind", { offset: -8 * HOUR, says: "tokens" }, [["time_zone", 31, /UTC-0[78]:\d\d/]]],
    ["days of a time zone, by a bill without tokens", { offset: 9 * HOUR, says: "money" }, [["time_zone", 31, /UTC\+0[789]:\d\d/]]],
    ["subscription use on the bill", { ledger: (one) => (one.model === OPUS && one.instance === "lab" ? { ...one, billing: "subscription" } : one) }, [["subscription", 31, /equals the usage of 40 requests that the ledger counts as subscription use/]]],
    ["requests without a price", { ledger: (one) => (one.model === OPUS && one.instance === "lab" ? { ...one, cost: 0n, unpriced: one.requests } : one) }, [["unpriced_requests", 31, /40 of 80 requests have no price/]]],
    [
      "a damaged export",
      { ledger: (one) => (dayOf(one) === "2026-10-20" && one.instance === "lab" ? undefined : one), gaps: new Map([["2026-10-20", ["x is damaged"]]]) },
      [["ledger_gap", 1, /the ledger is incomplete on that day: x is damaged/]],
    ],
    [
      "a charge for something else",
      { more: [{ date: "2026-10-05", provider: "anthropic", model: "Code Execution Usage", type: "other", workspace: null, tokens: null, cost: 5n * 10n ** 9n, rounding: 0n }] },
      [["other_charge", 1, /neither tokens nor searches/]],
    ],
    [
      "a charge for something else that is named like a model",
      { more: [{ date: "2026-10-05", provider: "anthropic", model: OPUS, type: "other", workspace: null, tokens: null, cost: 5n * 10n ** 9n, rounding: 0n }] },
      [["other_charge", 1, /neither tokens nor searches/]],
    ],
    [
      "blocked requests that the gateway did not count",
      { billed: (one) => (dayOf(one) === "2026-10-07" && one.model === OPUS ? { ...one, counts: { ...one.counts, input: one.counts.input + 500n } } : one), asks: (one) => (dayOf(one) === "2026-10-07" && one.model === OPUS ? { input: 100n } : {}) },
      [["blocked_requests", 1, /counts 8000 tokens more than the ledger and charges nothing for them/]],
    ],
    [
      "blocked requests that the gateway estimated a cost of",
      { asks: (one) => (one.model === OPUS && one.instance === "lab" && ["2026-10-07", "2026-10-09"].includes(dayOf(one)) ? { input: BigInt(Number(dayOf(one).slice(8)) * 9) } : {}) },
      [["blocked_requests", 2, /^tokens agree, and the bill charges \$\d+\.\d+ less than on other days: requests that the provider blocked/]],
    ],
    [
      "another price for some days, which is no blocked request",
      { billed: (one) => (dayOf(one) >= "2026-10-05" && dayOf(one) <= "2026-10-09" && one.model === OPUS ? dearer(one, 80n) : one) },
      [["price_version", 5, /0\.8 times the ledger's between 2026-10-05 and 2026-10-09/]],
    ],
    ["requests that nobody billed", { billed: (one) => (dayOf(one) === "2026-10-07" && one.model === OPUS ? undefined : one) }, [["unknown", 1, /not explained: the ledger has 80 requests and the bill has none/]]],
    ["fewer output tokens", { says: "tokens", billed: (one) => (dayOf(one) === "2026-10-07" ? counted(one, { output: 1n }) : one) }, [["unknown", 1, /^not explained$/]]],
    ["more money for one day, by a bill without tokens", { says: "money", billed: (one) => (dayOf(one) === "2026-10-07" && one.model === OPUS ? dearer(one, 140n) : one) }, [["unknown", 1, /the provider's usage report would show/]]],
  ])("%s", (_name, disturbance, causes) => {
    expect(causesOf(disturbance)).toEqual(causes.map(([name, days, evidence]) => [name, days, expect.stringMatching(evidence) as string]));
  });

  test("two causes on different days are told apart, the larger evidence first", () => {
    const both: Disturbance = {
      billed: (one) => (dayOf(one) === "2026-10-02" ? counted(one, { cached: 0n }) : dayOf(one) >= "2026-10-20" ? dearer(one, 200n) : one),
    };
    expect(causesOf(both).map(([name, days]) => [name, days])).toEqual([["price_version", 12], ["cache_tokens", 1]]);
  });

  test("a day in which both is possible names the likelier first and keeps the other", () => {
    const { cells } = reconcileDisturbed({ ledger: (one) => (dayOf(one) === "2026-10-20" ? undefined : one), gaps: new Map([["2026-10-20", ["no gateway has usage on that day"]]]) });
    const causes = cells.filter(({ cell }) => cell.date === "2026-10-20").map((one) => one.causes.map(({ name }) => name));
    expect(causes).toEqual([["ledger_gap", "bypassed_gateway"], ["ledger_gap", "bypassed_gateway"]]);
  });
});

describe("what is compared with what", () => {
  test("workspaces that are mapped stand beside their gateways, others by themselves", () => {
    const split: Disturbance = { workspaceOf: ({ instance }) => (instance === "prod" ? "wrkspc_1" : "wrkspc_2") };
    expect(causesOf(split)).toEqual([]);
    expect(causesOf({ ...split, workspaces: new Map([["wrkspc_1", "prod"], ["wrkspc_2", "lab"]]) })).toEqual([]);
    const { causes } = reconcileDisturbed({ ...split, workspaces: new Map([["wrkspc_1", "prod"]]) });
    expect(causes.map(({ name, days }) => [name, days])).toEqual([["bypassed_gateway", 31], ["unknown", 31]]);
  });

  test("searches that are charged for no model go to the models that searched", () => {
    const searches = (one: SlotUsage): SlotUsage => ({ ...one, cost: costOf({ ...one.counts, web_search: 0n }), counts: { ...one.counts, web_search: 0n } });
    const more = DAYS.map((date) => ({ date, provider: "anthropic", model: "web_search", type: "web_search" as const, workspace: null, tokens: null, cost: 2n * 15n * 10_000_000n, rounding: 0n }));
    expect(causesOf({ says: "money", billed: searches, more })).toEqual([]);
  });

  test("cache tokens that a bill does not count apart are in its input", () => {
    const folded = (one: SlotUsage): SlotUsage => counted(one, { input: one.counts.input + one.counts.cache_write_5m + one.counts.cache_write_1h });
    const types = ["input", "cached", "output"] as const;
    expect(causesOf({ says: "tokens", billed: folded, types })).toEqual([]);
    expect(causesOf({ says: "tokens", types })).not.toEqual([]);
  });

  test("what is asked in another currency is compared in tokens, never added to dollars, and told by currency", () => {
    const euros = (date: string, amount: bigint): BillLine => ({ date, provider: "anthropic", model: OPUS, type: "output", workspace: null, tokens: null, cost: null, foreign: { currency: "EUR", amount }, rounding: 0n });
    const dollars = reconcileDisturbed({});
    const { causes, foreign, cells, total } = reconcileDisturbed({ more: [euros("2026-10-07", 5_000_000_000n), euros("2026-10-08", 2_500_000_000n)] });
    expect([causes, foreign]).toEqual([[], [{ provider: "anthropic", currency: "EUR", amount: 7_500_000_000n, days: ["2026-10-07", "2026-10-08"] }]]);
    const notCompared = cells.map(({ cell }) => cell).filter(({ cost }) => cost === null);
    expect(notCompared.map(({ date, model, isBilled, counts }) => [date, model, isBilled, counts.length])).toEqual([["2026-10-07", OPUS, false, 6], ["2026-10-08", OPUS, false, 6]]);
    const left = dollars.cells.filter(({ cell }) => cell.model === OPUS && ["2026-10-07", "2026-10-08"].includes(cell.date)).reduce((sum, { cell }) => sum + (cell.cost?.bill ?? 0n), 0n);
    expect(total.cost?.bill).toBe((dollars.total.cost?.bill ?? 0n) - left);
  });

  test("usage that a commitment pays for is worth what the ledger has", () => {
    const worth = inventUsage().filter((one) => one.model === OPUS && dayOf(one) === "2026-10-07").reduce((sum, { counts }) => sum + counts.input * 3000n, 0n);
    const covered: BillLine = { date: "2026-10-07", provider: "anthropic", model: OPUS, type: "input", workspace: null, tokens: null, cost: 0n, effective: worth, rounding: 0n };
    const asks: Disturbance["asks"] = (one) => (one.model === OPUS && dayOf(one) === "2026-10-07" ? { input: 0n } : {});
    expect(causesOf({ asks, more: [covered] }).map(([name, days]) => [name, days])).toEqual([["commitment", 1]]);
    expect(causesOf({ asks, more: [{ ...covered, effective: worth / 2n }] }).map(([name]) => name)).not.toContain("commitment");
  });
});
