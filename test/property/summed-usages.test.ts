import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Allocated } from "../../src/allocation/shares/allocate.ts";
import { allocateSpan } from "../../src/allocation/shares/allocate-span.ts";
import { listPeriods } from "../../src/allocation/settings/periods.ts";
import { planner } from "../../src/allocation/shares/plan.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { addSums, NOTHING } from "../../src/allocation/shares/sums.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { COUNT_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { isListValue } from "../../src/ledger/usage/usage-record.ts";
import { allocateUsages, rowsOf, type SlotUsage, type Span } from "../allocation/split-usages.ts";
import { QUARTER_HOUR, scenario, SLOTS } from "../allocation/usages-arbitrary.ts";
import { temporaryFolder } from "../test-ledger.ts";
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

/** SQL that writes the usages as a file of the `rollups` table. */
function writeTable(file: string, usages: readonly SlotUsage[]): string {
  const texts = (all: readonly string[]): string => `[${all.map(sqlText).join(", ")}]::VARCHAR[]`;
  const rows = usages.map(({ key, at, sums: { cost, counts } }) => {
    const dimensions = `map_from_entries([${Object.entries(key.dimensions).map(([k, v]) => `(${sqlText(k)}, ${sqlText(v)})`).join(", ")}]::STRUCT(k VARCHAR, v VARCHAR)[])`;
    const named = [key.instance, key.caller, key.callerType, key.provider, key.model, key.billing].map(sqlText);
    return `(make_timestamptz(${String(BigInt(at) * 1000n)}), ${named.join(", ")}, ${texts(key.tags)}, ${dimensions}, ${cost === null ? "NULL" : formatDollars(cost)}::DECIMAL(18,9), ${counts.map((count) => `${String(count / NANO)}::BIGINT`).join(", ")})`;
  });
  const columns = ["slot", "instance", "caller", "caller_type", "provider", "model", "billing", "tags", "dimensions", "cost_usd", ...COUNT_COLUMNS];
  return `COPY (SELECT * FROM (VALUES ${rows.join(", ")}) AS t(${columns.join(", ")})) TO ${sqlText(file)} (FORMAT parquet)`;
}

/** As the ledger allocates: usages are summed up first unless their plan says that each quarter of an hour is split by itself. */
async function allocateTable(settings: AllocationSettings, span: Span, usages: readonly SlotUsage[]): Promise<Allocated[]> {
  const folder = temporaryFolder();
  const file = join(folder, "rollups.parquet");
  return await withDuckDb({ temporaryDirectory: folder, threads: 1 }, async (duck) => {
    await duck.run(writeTable(file, usages));
    return (await allocateSpan(duck, [file], span, settings)).allocated;
  });
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
        expect(rowsOf(await allocateTable(all, month, rolledUp))).toEqual(rowsOf(allocateUsages(all, month, rolledUp).allocated));
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
        expect(rowsOf(await allocateTable(settings, month, rolledUp))).toEqual(rowsOf(allocateUsages(settings, month, rolledUp).allocated));
      }),
      { ...runs(8), endOnFailure: true },
    );
  });
});

test("a usage is split by the quarter of an hour exactly where tags, teams, a pool or an adjustment divide it", () => {
  fc.assert(
    fc.property(scenario, ({ settings, month, usages }) => {
      for (const period of listPeriods(settings, month)) {
        const plan = planner(period);
        for (const { key } of usages) {
          const { isSplit, tags, parts } = plan(key);
          const isAdjustable = period.settings.adjustments.length > 0 && !isListValue(key.billing);
          expect(isSplit).toBe(tags.length > 1 || parts.length > 1 || parts.some(({ pool }) => pool !== null) || isAdjustable);
        }
      }
    }),
    runs(200),
  );
});
