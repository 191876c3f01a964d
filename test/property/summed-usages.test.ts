import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { addSums, NOTHING } from "../allocation/model/sums.ts";
import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { allocateTable } from "../allocation/allocated-table.ts";
import { allocateUsages, rowsOf, type SlotUsage, type Span } from "../allocation/split-usages.ts";
import { QUARTER_HOUR, scenario, SLOTS } from "../allocation/usages-arbitrary.ts";
import { runs } from "./runs.ts";

const NANO = 1_000_000_000n;
/** What one row of rollups can hold; a month of them can hold more. */
const MOST_COST = 10n ** 16n;

/** What a row of the `rollups` table can hold: whole counts, and costs of sixteen digits. */
function storable({ key, at, sums: { cost, counts } }: SlotUsage): SlotUsage {
  return { key, at, sums: { cost: cost === null ? null : cost % MOST_COST, counts: counts.map((count) => ((count / NANO) % 2n ** 40n) * NANO) } };
}

/** A quarter of an hour has one row a key. */
function rollUp(usages: readonly SlotUsage[]): SlotUsage[] {
  const rows = new Map<string, SlotUsage>();
  for (const usage of usages) {
    const id = JSON.stringify([usage.at, usage.key]);
    rows.set(id, { ...usage, sums: addSums(rows.get(id)?.sums ?? NOTHING, usage.sums) });
  }
  return [...rows.values()];
}

/** As the ledger allocates: in tables, by key unless a quarter of an hour is divided by itself. */
async function rowsInTables(settings: AllocationSettings, span: Span, usages: readonly SlotUsage[], cuts: readonly Date[] = []): Promise<string[]> {
  return (await allocateTable(settings, span, usages, cuts)).map((row) => JSON.stringify(row)).toSorted();
}

/** The settings with a discount of hundredths of a percent on everything, so that adjusting a sum is not the sum of what is adjusted. */
function discounted(settings: AllocationSettings, hundredths: number): AllocationSettings {
  const everything = { name: "a discount on everything", when: new Map(), percent: -hundredths / 100, from: undefined, until: undefined };
  return { ...settings, adjustments: [...settings.adjustments, everything] };
}

describe("usages that are summed up before they are allocated", () => {
  const many = scenario.filter(({ usages }) => usages.length > 0);
  const discounts = fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined });

  test("come to the same rows as each quarter of an hour allocated by itself", async () => {
    await fc.assert(
      fc.asyncProperty(many, discounts, async ({ settings, month, usages }, discount) => {
        const all = discount === undefined ? settings : discounted(settings, discount);
        const rolledUp = rollUp(usages.map(storable));
        expect(await rowsInTables(all, month, rolledUp)).toEqual(rowsOf(allocateUsages(all, month, rolledUp).allocated));
      }),
      { ...runs(12), endOnFailure: true },
    );
  });

  test("are rounded as each quarter of an hour is, where one team that is adjusted has all of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(SLOTS - 1), fc.bigInt({ min: 1n, max: 60n })), { minLength: 8, maxLength: 20 }), fc.integer({ min: 500, max: 9500 }), async (costs, discount) => {
        const month = { from: new Date("2026-10-01T00:00:00Z"), to: new Date("2026-11-01T00:00:00Z") };
        const key: UsageKey = { caller: "ann@example.com", callerType: "user", tags: [], dimensions: {}, instance: "prod", provider: "anthropic", model: "opus", billing: "metered" };
        const usages = costs.map(([slot, cost]) => ({ key, at: month.from.getTime() + slot * QUARTER_HOUR, sums: { ...NOTHING, cost } }));
        const settings = discounted({ timezone: "UTC", teams: [], ignoredGroups: [], several: "primary", rules: [], pools: [], policies: [], adjustments: [] }, discount);
        const rolledUp = rollUp(usages);
        expect(await rowsInTables(settings, month, rolledUp)).toEqual(rowsOf(allocateUsages(settings, month, rolledUp).allocated));
      }),
      { ...runs(8), endOnFailure: true },
    );
  });
});
