import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Allocated } from "../allocation/model/allocate.ts";
import { addSums, NOTHING, type Sums } from "../allocation/model/sums.ts";
import { allocateUsages, rowsOf } from "../allocation/split-usages.ts";
import { QUARTER_HOUR, scenario, SLOTS } from "../allocation/usages-arbitrary.ts";
import { runs } from "./runs.ts";

function add(all: readonly { sums: Sums }[]): Sums {
  return all.reduce((sum, { sums: one }) => addSums(sum, one), NOTHING);
}

function withoutAdjustments(allocated: readonly Allocated[]): Allocated[] {
  return allocated.filter(({ method }) => method !== "adjustment");
}

/** Sums by what tells the groups apart. */
function addBy<Thing extends { sums: Sums }>(all: readonly Thing[], groupOf: (one: Thing) => unknown): Map<string, Sums> {
  return new Map([...Map.groupBy(all, (one) => JSON.stringify(groupOf(one)))].map(([group, members]) => [group, add(members)]));
}

describe("for any directory, rules, overlaps, dates and usage", () => {
  test("teams, tags and dimensions each add up to the usage, to the nanodollar and the billionth of a request", () => {
    fc.assert(
      fc.property(scenario, ({ settings, month, usages: all }) => {
        const allocated = withoutAdjustments(allocateUsages(settings, month, all).allocated);
        const total = add(all);
        for (const groupOf of [({ team }: Allocated) => team, ({ tag }: Allocated) => tag, ({ plan }: Allocated) => plan.usage.dimensions]) {
          expect(add([...addBy(allocated, groupOf).values()].map((group) => ({ sums: group })))).toEqual(total);
        }
        expect(addBy(allocated, ({ plan }) => plan.usage)).toEqual(addBy(all, (usage) => usage.key));
      }),
      runs(400),
    );
  });

  test("no share and no part is negative, and the shares of a usage are the whole of it", () => {
    fc.assert(
      fc.property(scenario, ({ settings, month, usages: all }) => {
        const allocated = withoutAdjustments(allocateUsages(settings, month, all).allocated);
        for (const { share, sums: { cost: part, counts } } of allocated) {
          expect(share >= 0n && share <= 1_000_000_000n && (part ?? 0n) >= 0n && counts.every((one) => one >= 0n)).toBe(true);
        }
        for (const rows of Map.groupBy(allocated, ({ plan }) => plan).values()) {
          const whole = rows.reduce((sum, { share }) => sum + share, 0n);
          expect(whole).toBe(1_000_000_000n);
        }
      }),
      runs(400),
    );
  });

  test("each tag of a device has the same as every other, to a nanodollar a quarter of an hour", () => {
    fc.assert(
      fc.property(scenario, ({ settings, month, usages: all }) => {
        const allocated = withoutAdjustments(allocateUsages(settings, month, all).allocated);
        for (const [name, rows] of Map.groupBy(allocated, ({ plan }) => plan.usage.caller)) {
          const costs = [...addBy(rows, ({ tag }) => tag).values()].map((tag) => tag.cost ?? 0n);
          const quarters = all.filter((usage) => usage.key.caller === name).length;
          for (const one of costs) for (const other of costs) expect(one - other).toBeLessThanOrEqual(BigInt(quarters));
        }
      }),
      runs(200),
    );
  });

  test("the order of the usage changes nothing", () => {
    fc.assert(
      fc.property(scenario.chain((one) => fc.tuple(fc.constant(one), fc.shuffledSubarray(one.usages, { minLength: one.usages.length }))), ([{ settings, month, usages: all }, shuffled]) => {
        expect(rowsOf(allocateUsages(settings, month, shuffled).allocated)).toEqual(rowsOf(allocateUsages(settings, month, all).allocated));
      }),
      runs(200),
    );
  });

  test("the parts of a month before and after any quarter of an hour add up to the month, adjustments and shared costs too", () => {
    fc.assert(
      fc.property(scenario, fc.nat(SLOTS), ({ settings, month, usages: all }, slot) => {
        const cut = new Date(month.from.getTime() + slot * QUARTER_HOUR);
        const whole = allocateUsages(settings, month, all);
        const parts = [
          allocateUsages(settings, { from: month.from, to: cut }, all.filter(({ at }) => at < cut.getTime()), whole.direct),
          allocateUsages(settings, { from: cut, to: month.to }, all.filter(({ at }) => at >= cut.getTime()), whole.direct),
        ];
        expect(rowsOf(parts.flatMap(({ allocated }) => allocated))).toEqual(rowsOf(whole.allocated));
      }),
      runs(300),
    );
  });
});
