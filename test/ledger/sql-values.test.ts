import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDollars } from "../../src/ledger/money.ts";
import { sqlDecimal, sqlDecimalText, sqlLongDecimalText, sqlNanodollars, sqlScaled } from "../../src/ledger/sql/sql-values.ts";
import { query } from "../query.ts";

const EDGE = 2_000_000n * 10n ** 9n;
const amounts = fc.array(
  fc.oneof(fc.bigInt({ min: -(10n ** 26n), max: 10n ** 26n }), fc.bigInt({ min: -EDGE - 9n, max: EDGE + 9n }), fc.bigInt({ min: EDGE - 9n, max: EDGE + 9n }), fc.bigInt({ min: -9n, max: 9n })),
  { minLength: 100, maxLength: 2000 },
);

test("nanodollars of dollars are exact to the last, and dollars of nanodollars", async () => {
  await fc.assert(
    fc.asyncProperty(amounts, async (all) => {
      const rows = all.map((amount) => `(${String(amount)}::HUGEINT, '${formatDollars(amount)}'::DECIMAL(38,9))`).join(", ");
      const found = await query(`SELECT count(*) FILTER (${sqlNanodollars("dollars")} <> nano)::INTEGER AS of_dollars, count(*) FILTER (${sqlDecimal("nano")} <> dollars)::INTEGER AS of_nanodollars FROM (VALUES ${rows}) AS amounts(nano, dollars)`);
      expect(found).toEqual([{ of_dollars: 0, of_nanodollars: 0 }]);
    }),
    { numRuns: 20 },
  );
});

const LARGEST = 10n ** 38n - 1n;
const units = fc.array(fc.oneof(fc.bigInt({ min: -LARGEST, max: LARGEST }), fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: 10n ** 35n - 9n, max: 10n ** 35n + 9n }), fc.bigInt({ min: 10n ** 17n - 9n, max: 10n ** 17n + 9n }), fc.bigInt({ min: -9n, max: 9n })), { minLength: 100, maxLength: 1000 });

test("texts of decimals are those that the database writes", async () => {
  const differs = (text: string, places: number): string => `count(*) FILTER (${text} <> ${sqlScaled("unit", places)}::VARCHAR)`;
  await fc.assert(
    fc.asyncProperty(units, async (all) => {
      const found = await query(`SELECT (${[6, 9, 12].map((places) => differs(sqlDecimalText("unit", places), places)).join(" + ")} + ${[24, 30].map((places) => differs(sqlLongDecimalText("unit", places), places)).join(" + ")})::INTEGER AS differing
        FROM (VALUES ${all.map((unit) => `(${String(unit)}::HUGEINT)`).join(", ")}) AS units(unit)`);
      expect(found).toEqual([{ differing: 0 }]);
    }),
    { numRuns: 10 },
  );
});
