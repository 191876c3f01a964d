import fc from "fast-check";
import { expect, test } from "vitest";
import { BILLIONTHS } from "../../src/ledger/money.ts";
import { sumAllocated, sumListValue } from "../../src/chargeback/report/allocation-figures.ts";
import { BILLINGS, LIST_VALUES } from "../../src/ledger/usage/usage-record.ts";
import { printAllocatedRows, printAllocatedTotal } from "../../src/chargeback/report/printed-allocations.ts";
import { printTotal } from "../../src/chargeback/report/printed-cents.ts";
import { runs } from "../property/runs.ts";
import { allocateRow, inventRow } from "./invented-report.ts";

const small = fc.bigInt({ min: 0n, max: 3n * BILLIONTHS });
const part = fc.record({
  billing: fc.constantFrom(...BILLINGS),
  cost: fc.oneof(fc.constant(null), small, fc.bigInt({ min: -(10n ** 13n), max: 10n ** 15n })),
  adjusts: fc.boolean(),
  requests: small,
});
const groups = fc.array(fc.array(part, { maxLength: 5 }), { maxLength: 20 });

test("printed figures of teams add up downwards, also with discounts and parts of requests, and each is its amount rounded up or down", () => {
  fc.assert(
    fc.property(groups, (teams) => {
      const parts = teams.map((team) =>
        team.map(({ billing, cost, adjusts, requests }) =>
          adjusts
            ? { ...allocateRow(inventRow({ billing: "metered", cost })), method: "adjustment", requests: 0n, unpricedRequests: 0n }
            : allocateRow(inventRow({ billing, cost: cost === null || cost < 0n ? null : cost }), { requests }),
        ),
      );
      const rows = parts.map(sumAllocated);
      const total = sumAllocated(parts.flat());
      const cents = printTotal(total);
      const printed = printAllocatedRows(rows, total, cents);
      const end = printAllocatedTotal(total, cents);
      const sum = (values: bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

      expect(end.owed).toBe(cents.billing.metered + cents.billing.self_hosted + end.adjustments);
      for (const name of ["owed", "adjustments", "listValue", "unpricedRequests", "requests"] as const) {
        expect(sum(printed.map((row) => row[name]))).toBe(end[name]);
      }
      for (const kind of LIST_VALUES) expect(sum(printed.map((row) => row.listValues[kind]))).toBe(end.listValues[kind]);
      expect(end.listValues.subscription + end.listValues.caller_key).toBe(end.listValue);
      for (const kind of ["input", "output", "cached", "cacheWrite"] as const) {
        expect(sum(printed.map(({ tokens }) => tokens[kind]))).toBe(end.tokens[kind]);
      }
      for (const [index, row] of printed.entries()) {
        expect(isWithinAHundredth(rows[index]!.adjustments ?? 0n, row.adjustments)).toBe(true);
        expect(isWithinAHundredth(sumListValue(rows[index]!).cost ?? 0n, row.listValue)).toBe(true);
        for (const kind of LIST_VALUES) expect(isWithinAHundredth(rows[index]!.billing[kind].cost ?? 0n, row.listValues[kind])).toBe(true);
        expect(isWithinAHundredth(rows[index]!.requests, row.requests)).toBe(true);
      }
    }),
    runs(300),
  );
});

function isWithinAHundredth(exact: bigint, hundredths: bigint): boolean {
  const difference = hundredths * 10_000_000n - exact;
  return difference > -10_000_000n && difference < 10_000_000n;
}
