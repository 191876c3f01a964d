import { describe, expect, it } from "vitest";
import {
  formatCents, formatDollars, nanodollarsOfFloat, parseDollars, roundToCents, splitByLargestRemainder,
} from "../../src/ledger/money.ts";

const CENT = 10_000_000n;

describe("money", () => {
  it("is rounded to the nanodollar when it comes as a float", () => {
    expect(nanodollarsOfFloat(0.046167639999999996)).toBe(46_167_640n);
    expect(nanodollarsOfFloat(0)).toBe(0n);
    expect(nanodollarsOfFloat(1e-10)).toBe(0n);
    expect(nanodollarsOfFloat(999_999_999)).toBe(999_999_999_000_000_000n);
  });

  it("is written with nine decimals", () => {
    expect([0n, 1n, -1n, 1_234_567_890n, -12_000_000_001n].map(formatDollars)).toEqual([
      "0.000000000", "0.000000001", "-0.000000001", "1.234567890", "-12.000000001",
    ]);
  });

  it("is printed in cents with thousands apart", () => {
    expect([0n, 5n, 123n, 123_456n, 100_000_000n, -123_456n].map(formatCents)).toEqual([
      "0.00", "0.05", "1.23", "1,234.56", "1,000,000.00", "-1,234.56",
    ]);
  });

  it("is read from decimal texts alone", () => {
    expect(["0.5", "-12.000000001", "7", "-0"].map(parseDollars)).toEqual([500_000_000n, -12_000_000_001n, 7_000_000_000n, 0n]);
    for (const text of ["", ".", "1.", ".5", "1e3", "+1", "1,000.00", " 1", "1\n", "1.0000000001", "٣", "0x10", "NaN"]) {
      expect([text, parseDollars(text)]).toEqual([text, undefined]);
    }
  });
});

describe("splitByLargestRemainder", () => {
  const split = (total: bigint, weights: Record<string, bigint>): bigint[] =>
    splitByLargestRemainder(total, Object.entries(weights).map(([name, weight]) => ({ name, weight })));

  it("gives units left over to the largest remainders", () => {
    expect(split(100n, { a: 1n, b: 1n, c: 1n })).toEqual([34n, 33n, 33n]);
    expect(split(10n, { a: 15n, b: 26n, c: 59n })).toEqual([1n, 3n, 6n]);
  });

  it("breaks ties by name", () => {
    expect(split(1n, { zoe: 1n, amy: 1n })).toEqual([0n, 1n]);
  });

  it("gives nothing to a weight of nothing, unless there is no other", () => {
    expect(split(7n, { a: 0n, b: 2n })).toEqual([0n, 7n]);
    expect(split(7n, { a: 0n, b: 0n })).toEqual([4n, 3n]);
  });

  it("splits a credit as it would the debit", () => {
    expect(split(-100n, { a: 1n, b: 1n, c: 1n })).toEqual([-34n, -33n, -33n]);
  });

  it("of nothing, or among nobody, is nothing", () => {
    expect(split(0n, { a: 3n, b: 0n })).toEqual([0n, 0n]);
    expect(splitByLargestRemainder(5n, [])).toEqual([]);
  });
});

describe("roundToCents", () => {
  it("rounds the total half up and lets the rows share it", () => {
    expect(roundToCents([CENT / 3n, CENT / 3n, CENT / 3n])).toEqual({ total: 1n, parts: [1n, 0n, 0n] });
    expect(roundToCents([CENT / 2n])).toEqual({ total: 1n, parts: [1n] });
    expect(roundToCents([CENT / 2n - 1n])).toEqual({ total: 0n, parts: [0n] });
    expect(roundToCents([])).toEqual({ total: 0n, parts: [] });
  });

  it("prints credits beside debits", () => {
    expect(roundToCents([5n * CENT, -5n * CENT])).toEqual({ total: 0n, parts: [5n, -5n] });
    expect(roundToCents([-CENT - CENT * 6n / 10n])).toEqual({ total: -2n, parts: [-2n] });
    expect(roundToCents([-CENT / 2n])).toEqual({ total: 0n, parts: [0n] });
  });
});
