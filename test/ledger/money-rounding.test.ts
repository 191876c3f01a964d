import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { divideRounding, floorToCents, formatCents, NANODOLLARS_PER_CENT, parseDollars, shareCents, splitByLargestRemainder } from "../../src/ledger/money.ts";
import { runs } from "../property/runs.ts";

const total = (all: readonly bigint[]): bigint => all.reduce((sum, one) => sum + one, 0n);

describe("dividing", () => {
  /** Exact halves are drawn on purpose: whole multiples of the denominator, with half of it added as often as not. */
  const fractions = fc
    .tuple(fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: 1n, max: 50n }), fc.constantFrom(0n, 1n, 2n), fc.bigInt({ min: -1n, max: 1n }))
    .map(([whole, half, halves, off]) => ({ numerator: whole * 2n * half + halves * half + off, denominator: 2n * half }));

  test("comes to the nearest whole number, and halves away from zero", () => {
    fc.assert(
      fc.property(fractions, ({ numerator, denominator }) => {
        const away = numerator < 0n ? -1n : 1n;
        const twiceShort = 2n * (numerator - divideRounding(numerator, denominator) * denominator) * away;
        // Halves away from zero: as much as half may be added to the magnitude, and less than half taken from it.
        expect(twiceShort >= -denominator && twiceShort < denominator).toBe(true);
      }),
      runs(1000),
    );
  });

  test.each([[1n, 2n, 1n], [-1n, 2n, -1n], [3n, 2n, 2n], [-3n, 2n, -2n], [1n, 3n, 0n], [-1n, 3n, 0n], [2n, 3n, 1n], [-2n, 3n, -1n], [0n, 7n, 0n], [-7n, 7n, -1n]])("%i / %i is %i", (numerator, denominator, whole) => {
    expect(divideRounding(numerator, denominator)).toBe(whole);
  });
});

describe("cents", () => {
  test("are rounded down, credits too", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -50n, max: 50n }), fc.constantFrom(0n, 1n, NANODOLLARS_PER_CENT / 2n, NANODOLLARS_PER_CENT - 1n), (cents, more) => {
        expect(floorToCents(cents * NANODOLLARS_PER_CENT + more)).toBe(cents);
      }),
      runs(300),
    );
  });

  test.each([[0n, "0.00"], [-1n, "-0.01"], [-99n, "-0.99"], [-100n, "-1.00"], [99_999n, "999.99"], [100_000n, "1,000.00"], [-100_000n, "-1,000.00"], [99_999_999n, "999,999.99"], [100_000_000n, "1,000,000.00"]])("%i are printed as %s", (cents, text) => {
    expect(formatCents(cents)).toBe(text);
  });

  const amounts = fc.array(fc.oneof(fc.bigInt({ min: -3n * NANODOLLARS_PER_CENT, max: 3n * NANODOLLARS_PER_CENT }), fc.bigInt({ min: -3n, max: 3n }).map((cents) => cents * NANODOLLARS_PER_CENT)), { minLength: 1, maxLength: 8 });

  test("of rows add up to their total, each its amount rounded down or up, where the total is that of the rows", () => {
    fc.assert(
      fc.property(amounts, fc.boolean(), (all, up) => {
        const exact = total(all);
        const floor = floorToCents(exact);
        const printed = up && exact !== floor * NANODOLLARS_PER_CENT ? floor + 1n : floor;
        const parts = shareCents(printed, all);
        expect(total(parts)).toBe(printed);
        for (const [index, part] of parts.entries()) {
          const amount = all[index] ?? 0n;
          const off = part * NANODOLLARS_PER_CENT - amount;
          // What is a whole number of cents is printed as itself.
          expect(off > -NANODOLLARS_PER_CENT && off < NANODOLLARS_PER_CENT).toBe(true);
          expect(amount % NANODOLLARS_PER_CENT === 0n ? off : 0n).toBe(0n);
        }
      }),
      runs(1000),
    );
  });

  test("left over go to those that lost most by rounding down, of equals to the first", () => {
    const cent = NANODOLLARS_PER_CENT;
    expect(shareCents(1n, [cent / 4n, cent / 2n, cent / 4n])).toEqual([0n, 1n, 0n]);
    expect(shareCents(1n, [cent / 2n, cent / 2n])).toEqual([1n, 0n]);
    expect(shareCents(2n, [cent / 3n, (2n * cent) / 3n, cent])).toEqual([0n, 1n, 1n]);
  });

  test("that are not in the rows stay with the largest of them, of equals with the first", () => {
    const cent = NANODOLLARS_PER_CENT;
    expect(shareCents(10n, [2n * cent, 3n * cent])).toEqual([2n, 8n]);
    expect(shareCents(10n, [3n * cent, 3n * cent])).toEqual([7n, 3n]);
    expect(shareCents(0n, [2n * cent, -3n * cent])).toEqual([2n, -2n]);
    expect(shareCents(4n, [3n * cent, -3n * cent, cent])).toEqual([6n, -3n, 1n]);
    expect(shareCents(2n, [cent / 2n])).toEqual([2n]);
    expect(shareCents(-1n, [cent / 2n, cent])).toEqual([0n, -1n]);
    expect(shareCents(5n, [0n, 0n])).toEqual([0n, 0n]);
    expect(shareCents(5n, [])).toEqual([]);
  });
});

describe("splitting", () => {
  const split = (amount: bigint, ...weights: [string, bigint][]): bigint[] => splitByLargestRemainder(amount, weights.map(([name, weight]) => ({ name, weight })));

  test("gives what is left over to the largest remainders, of equals to the first by name, then by place", () => {
    expect(split(10n, ["b", 1n], ["a", 1n], ["c", 1n])).toEqual([3n, 4n, 3n]);
    expect(split(-10n, ["b", 1n], ["a", 1n], ["c", 1n])).toEqual([-3n, -4n, -3n]);
    expect(split(1n, ["a", 1n], ["a", 1n])).toEqual([1n, 0n]);
    expect(split(2n, ["a", 1n], ["a", 1n], ["a", 1n])).toEqual([1n, 1n, 0n]);
    expect(split(2n, ["c", 1n], ["b", 1n], ["a", 1n])).toEqual([0n, 1n, 1n]);
    expect(split(3n, ["a", 1n], ["b", 4n])).toEqual([1n, 2n]);
  });

  test("is even where nobody has a weight, and alone where there is one", () => {
    expect(split(5n, ["b", 0n], ["a", 0n])).toEqual([2n, 3n]);
    expect(split(5n, ["b", 0n], ["a", 1n])).toEqual([0n, 5n]);
    expect(split(5n, ["a", 0n])).toEqual([5n]);
    expect(split(-5n, ["a", 3n])).toEqual([-5n]);
    expect(split(0n, ["b", 1n], ["a", 1n])).toEqual([0n, 0n]);
    expect(split(7n)).toEqual([]);
  });
});

test("an amount is read with all of its text, and up to nine decimals", () => {
  expect(["0.000000001", "-0.000000001", "0.1234567891", "1.5.5", "12a", "a12", "-", "--1", "1-"].map(parseDollars)).toEqual([1n, -1n, ...Array.from({ length: 7 }, () => undefined)]);
});
