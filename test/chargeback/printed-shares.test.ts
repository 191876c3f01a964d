import fc from "fast-check";
import { expect, test } from "vitest";
import { sharePrinted } from "../../src/chargeback/page/printed-shares.ts";
import { runs } from "../property/runs.ts";

test("cents below a total that was printed elsewhere add up to it, also where it is some cents beside the sum", () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), { minLength: 1, maxLength: 20 }), fc.bigInt({ min: -9n, max: 9n }), (amounts, off) => {
      const total = amounts.reduce((sum, amount) => sum + amount, 0n) / 10_000_000n + off;
      expect(sharePrinted(total, amounts).reduce((sum, part) => sum + part, 0n)).toBe(total);
    }),
    runs(300),
  );
});
