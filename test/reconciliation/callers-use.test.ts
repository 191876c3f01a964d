import { describe, expect, test } from "vitest";
import type { BillLine } from "../../src/reconciliation/comparison/bill.ts";
import type { SlotUsage } from "../../src/reconciliation/comparison/slot-usage.ts";
import { LIST_VALUES } from "../../src/ledger/usage/usage-record.ts";
import { costOf, dayOf, type Disturbance, reconcileDisturbed, splitOf } from "./invented-month.ts";

const OPUS = "claude-opus-4-8";
const DAY = "2026-10-09";

function causesOf(disturbance: Disturbance): [string, number, string][] {
  return reconcileDisturbed(disturbance).causes.map(({ name, days, evidence }) => [name, days, evidence]);
}

/** Every cause of each day and model that differs, the first and those behind it. */
function allCauses(disturbance: Disturbance): string[] {
  return [...new Set(reconcileDisturbed(disturbance).cells.flatMap(({ causes }) => causes.map(({ name }) => name)))].sort();
}

function counted(usage: SlotUsage, counts: Partial<SlotUsage["counts"]>): SlotUsage {
  const all = { ...usage.counts, ...counts };
  return { ...usage, counts: all, cost: costOf(all), split: splitOf(all) };
}

function isOpusOf(usage: SlotUsage, day: string): boolean {
  return usage.model === OPUS && dayOf(usage) === day;
}

/** `part` of 100 of what a slot counts. */
function scaled(usage: SlotUsage, part: bigint): SlotUsage {
  const { input, cached, cache_write_5m, cache_write_1h, output, web_search } = usage.counts;
  const times = (count: bigint): bigint => (count * part) / 100n;
  return counted(usage, { input: times(input), cached: times(cached), cache_write_5m: times(cache_write_5m), cache_write_1h: times(cache_write_1h), output: times(output), web_search });
}

describe.each(LIST_VALUES)("what the ledger has as %s is not said to have bypassed the gateway", (billing) => {
  const words = billing === "subscription" ? "subscription use" : "use of the callers' own keys";
  const ofDay = (one: SlotUsage): SlotUsage => (isOpusOf(one, DAY) ? { ...one, billing } : one);

  test.each(["tokens", "money", "both"] as const)("all of a day, and just that is billed: %s", (says) => {
    expect(causesOf({ says, ledger: ofDay })).toEqual([[billing, 1, expect.stringContaining(`the difference equals the usage of 80 requests that the ledger counts as ${words}`) as string]]);
    expect(allCauses({ says, ledger: ofDay })).toEqual([billing]);
  });

  test.each(["tokens", "money", "both"] as const)("all of a day, and less than that is billed: %s", (says) => {
    const disturbance: Disturbance = { says, ledger: ofDay, billed: (one) => (isOpusOf(one, DAY) ? scaled(one, 60n) : one) };
    expect(causesOf(disturbance)).toEqual([[billing, 1, expect.stringMatching(new RegExp(`80 requests of that day as ${words}.*part of them may be on the bill`)) as string]]);
    expect(allCauses(disturbance)).not.toContain("bypassed_gateway");
  });

  test.each(["tokens", "money", "both"] as const)("but what is billed beyond it did bypass the gateway: %s", (says) => {
    const disturbance: Disturbance = { says, ledger: ofDay, billed: (one) => (isOpusOf(one, DAY) ? scaled(one, 250n) : one) };
    expect(causesOf(disturbance)).toEqual([["bypassed_gateway", 1, expect.stringContaining(`even with the 80 requests that it counts as ${words}: requests that bypassed the gateway`) as string]]);
  });

  test("a model that was used so on other days was seen in the month", () => {
    const ledger = (one: SlotUsage): SlotUsage | undefined => (one.model !== OPUS ? one : dayOf(one) === DAY ? undefined : { ...one, billing });
    const evidence = reconcileDisturbed({ ledger, billed: (one) => (one.model === OPUS && dayOf(one) !== DAY ? undefined : one) }).causes;
    expect(evidence.map((one) => [one.name, one.days, one.evidence])).toEqual([["bypassed_gateway", 1, `the ledger has no request to ${OPUS} on that day`]]);
  });

  test("it is on no bill and in no figure of the comparison", () => {
    const { total, cells } = reconcileDisturbed({ ledger: (one) => (one.instance === "lab" ? { ...one, billing } : one), billed: (one) => (one.instance === "lab" ? undefined : one) });
    expect([cells.every(({ causes }) => causes.length === 0), total.cost !== null && total.cost.bill > 0n]).toEqual([true, true]);
  });
});

test("plans and keys together may be what is billed", () => {
  const ledger = (one: SlotUsage): SlotUsage => (isOpusOf(one, DAY) ? { ...one, billing: one.instance === "lab" ? "subscription" : "caller_key" } : one);
  expect(causesOf({ ledger })).toEqual([["subscription", 1, "the difference equals the usage of 80 requests that the ledger counts as subscription use and use of the callers' own keys"]]);
});

describe("a charge for searches on a day without searches is called that", () => {
  const withoutSearches = (one: SlotUsage): SlotUsage => counted(one, { web_search: 0n });
  const charge = (model: string, tokens: bigint | null = null): BillLine => ({ date: DAY, provider: "anthropic", model, type: "web_search", workspace: null, tokens, cost: 30_000_000n, rounding: 0n });
  const NONE: Disturbance = { ledger: withoutSearches, billed: withoutSearches };

  test.each<[string, Disturbance, RegExp]>([
    ["for no model in particular", { ...NONE, says: "money", more: [charge("web_search")] }, /^the bill charges \$0\.030000000 for searches, and the ledger has no search on that day; everything else agrees$/],
    ["for no model, beside counts", { ...NONE, more: [charge("web_search")] }, /^the bill charges \$0\.030000000 for searches/],
    ["for a model that was used", { ...NONE, says: "money", more: [charge(OPUS)] }, /^the bill charges \$0\.030000000 for searches/],
    ["for a model that was used, beside counts", { ...NONE, more: [charge(OPUS)] }, /^the bill charges \$0\.030000000 for searches/],
    ["that are counted as well", { ...NONE, more: [charge(OPUS, 3n)] }, /^the bill counts 3 searches and charges \$0\.030000000 for searches/],
    ["that are counted alone", { ...NONE, says: "tokens", more: [{ ...charge(OPUS, 3n), cost: null }] }, /^the bill counts 3 searches, and the ledger has no search/],
    ["on a day without any use", { ledger: (one) => (dayOf(one) === DAY ? undefined : withoutSearches(one)), billed: (one) => (dayOf(one) === DAY ? undefined : withoutSearches(one)), says: "money", more: [charge("web_search")] }, /^the bill charges/],
  ])("%s", (_name, disturbance, evidence) => {
    expect(causesOf(disturbance)).toEqual([["unseen_searches", 1, expect.stringMatching(evidence) as string]]);
    expect(allCauses(disturbance)).toEqual(["unseen_searches"]);
  });

  test.each(LIST_VALUES)("and not where callers searched themselves: %s", (billing) => {
    const ledger = (one: SlotUsage): SlotUsage => ({ ...withoutSearches(one), ...(isOpusOf(one, DAY) ? { billing, counts: { ...one.counts, web_search: 1n } } : {}) });
    const { cells } = reconcileDisturbed({ ledger, says: "money", billed: (one) => (isOpusOf(one, DAY) ? undefined : withoutSearches(one)), more: [charge("web_search")] });
    const found = cells.filter(({ causes }) => causes.length > 0);
    expect(found.map(({ cell, causes }) => [cell.model, causes[0]?.name])).toEqual([[OPUS, billing]]);
  });

  test("also where more than that differs: behind what explains the rest, and before what nothing does", () => {
    const causesOfDay = (billed: Disturbance["billed"]): [string, string][] =>
      reconcileDisturbed({ ledger: withoutSearches, billed: billed!, more: [charge(OPUS)] }).cells.flatMap(({ causes }) => causes.map(({ name, evidence }): [string, string] => [name, evidence]));
    const said = expect.stringMatching(/^the bill charges \$0\.030000000 for searches, and the ledger has no search on that day; other figures differ too$/) as string;
    expect(causesOfDay((one) => (isOpusOf(one, DAY) ? counted(withoutSearches(one), { cached: 0n }) : withoutSearches(one)))).toEqual([["cache_tokens", expect.any(String)], ["unseen_searches", said]]);
    expect(causesOfDay((one) => (isOpusOf(one, DAY) ? counted(withoutSearches(one), { output: 1n }) : withoutSearches(one)))).toEqual([["unseen_searches", said], ["unknown", expect.any(String)]]);
  });

  test("it does not hide what else differs on that day, nor become part of another price", () => {
    const dearer = (one: SlotUsage): SlotUsage => (dayOf(one) >= "2026-10-20" && one.model === OPUS ? { ...withoutSearches(one), cost: withoutSearches(one).cost * 2n } : withoutSearches(one));
    expect(causesOf({ ledger: withoutSearches, billed: dearer, more: [charge(OPUS)] }).map(([name, days]) => [name, days])).toEqual([["unseen_searches", 1], ["price_version", 12]]);
    const both = causesOf({ ...NONE, says: "both", more: [charge(OPUS)], billed: (one) => (isOpusOf(one, DAY) ? counted(withoutSearches(one), { cached: 0n }) : withoutSearches(one)) });
    expect(both.map(([name]) => name)).toEqual(["cache_tokens"]);
  });
});
