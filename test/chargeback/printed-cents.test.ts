import fc from "fast-check";
import { expect, test } from "vitest";
import { printRows, printTotal } from "../../src/chargeback/report/printed-cents.ts";
import { sumFigures } from "../../src/chargeback/report/usage-figures.ts";
import { BILLINGS } from "../../src/ledger/usage/usage-record.ts";
import { runs } from "../property/runs.ts";
import { inventRow } from "./invented-report.ts";

const amount = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: 0n, max: 20_000_000n }),
  fc.bigInt({ min: 0n, max: 10n ** 15n }),
);
const row = fc.record({ billing: fc.constantFrom(...BILLINGS), cost: amount });
const summaryRows = fc.array(fc.array(row, { maxLength: 4 }), { maxLength: 30 });

test("printed rows add up downwards and across to the printed total, and each figure is its amount rounded up or down", () => {
  fc.assert(
    fc.property(summaryRows, (groups) => {
      const rows = groups.map((group) => sumFigures(group.map(inventRow)));
      const total = printTotal(sumFigures(groups.flat().map(inventRow)));
      const printed = printRows(rows, total);
      const sum = (values: bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

      expect(sum(BILLINGS.map((kind) => total.billing[kind]))).toBe(total.total);
      expect(sum(printed.map((cents) => cents.total))).toBe(total.total);
      for (const kind of BILLINGS) expect(sum(printed.map(({ billing }) => billing[kind]))).toBe(total.billing[kind]);
      for (const [index, cents] of printed.entries()) {
        expect(sum(BILLINGS.map((kind) => cents.billing[kind]))).toBe(cents.total);
        for (const kind of BILLINGS) expect(isWithinACent(rows[index]!.billing[kind].cost ?? 0n, cents.billing[kind])).toBe(true);
      }
    }),
    runs(300),
  );
});

function isWithinACent(exact: bigint, cents: bigint): boolean {
  const difference = cents * 10_000_000n - exact;
  return difference > -10_000_000n && difference < 10_000_000n;
}
