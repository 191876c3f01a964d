import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatDollars, NANODOLLARS_PER_CENT, nanodollarsOfFloat, parseDollars, roundToCents, type Share, splitByLargestRemainder,
} from "../../src/ledger/money.ts";
import { runs } from "./runs.ts";

const amounts = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const names = fc.string({ unit: "binary", maxLength: 6 });
const weights = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: 10n ** 24n }));
const shares = fc.uniqueArray(fc.record({ name: names, weight: weights }), { selector: ({ name }) => name, minLength: 1, maxLength: 12 });

function sum(parts: readonly bigint[]): bigint {
  return parts.reduce((all, part) => all + part, 0n);
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

describe("an amount in dollars", () => {
  it("reads back as what was written", () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const written = formatDollars(amount);
        expect(written).toMatch(/^-?(0|[1-9]\d*)\.\d{9}$/);
        expect(parseDollars(written)).toBe(amount);
      }),
      runs(1000),
    );
  });

  it("is read with fewer decimals than nine, and from nothing but digits", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.-+e, ".split("")) }), (text) => {
        const amount = parseDollars(text);
        expect(amount !== undefined).toBe(/^-?[0-9]+(\.[0-9]{1,9})?$/.test(text));
        // Up to nine characters, a float is as exact.
        const byFloat = amount === undefined || text.length > 9 ? amount : BigInt(Math.round(Number(text) * 1e9));
        expect(amount).toBe(byFloat);
      }),
      runs(2000),
    );
  });
});

describe("nanodollars of a float", () => {
  const nanodollars = (max: bigint): fc.Arbitrary<bigint> =>
    fc.tuple(fc.bigInt({ min: 0n, max }), fc.integer({ min: 0, max: 60 })).map(([wide, shift]) => wide >> BigInt(shift));

  it("are those of its decimal digits up to two million dollars", () => {
    fc.assert(
      fc.property(nanodollars(2_000_000n * 10n ** 9n), (exact) => {
        expect(nanodollarsOfFloat(Number(formatDollars(exact)))).toBe(exact);
      }),
      runs(5000),
    );
  });

  it("differ above, up to a billion, by no more than the float itself does", () => {
    fc.assert(
      fc.property(nanodollars(10n ** 18n - 1n), (exact) => {
        const off = magnitude(nanodollarsOfFloat(Number(formatDollars(exact))) - exact);
        expect(off).toBeLessThanOrEqual(exact / 2n ** 52n + 1n);
      }),
      runs(5000),
    );
  });

  it("have no noise of the sum that made the float", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { maxLength: 30 }), (parts) => {
        const dollars = parts.reduce((all, part) => all + part / 1e9, 0);
        expect(nanodollarsOfFloat(dollars)).toBe(BigInt(parts.reduce((all, part) => all + part, 0)));
      }),
      runs(2000),
    );
  });
});

describe("a split", () => {
  it("adds up to the whole, and no part is a unit off its exact share", () => {
    fc.assert(
      fc.property(amounts, shares, (total, among) => {
        const parts = splitByLargestRemainder(total, among);
        expect(parts).toHaveLength(among.length);
        expect(sum(parts)).toBe(total);
        const all = sum(among.map(({ weight }) => weight));
        for (const [i, part] of parts.entries()) {
          const [weight, base] = all === 0n ? [1n, BigInt(among.length)] : [among[i]?.weight ?? 0n, all];
          expect(magnitude(part * base - total * weight)).toBeLessThan(base);
          expect(weight === 0n ? part : 0n).toBe(0n);
        }
      }),
      runs(1000),
    );
  });

  it("is the same in whatever order the shares come", () => {
    const shuffled = shares.chain((among) => fc.tuple(fc.constant(among), fc.shuffledSubarray(among, { minLength: among.length })));
    fc.assert(
      fc.property(amounts, shuffled, (total, [among, other]) => {
        const byName = (order: readonly Share[]): Map<string, bigint | undefined> => {
          const parts = splitByLargestRemainder(total, order);
          return new Map(order.map(({ name }, i) => [name, parts[i]]));
        };
        expect(byName(other)).toEqual(byName(among));
      }),
      runs(1000),
    );
  });

  it("of a credit is that of the debit, the other way round", () => {
    fc.assert(
      fc.property(amounts, shares, (total, among) => {
        expect(splitByLargestRemainder(-total, among)).toEqual(splitByLargestRemainder(total, among).map((part) => -part));
      }),
      runs(500),
    );
  });
});

describe("printed cents", () => {
  const rows = fc.array(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), { maxLength: 20 });

  it("add up to the printed total, and each is less than a cent off its own amount", () => {
    fc.assert(
      fc.property(fc.oneof(rows, rows.map((all) => all.map(magnitude))), (exact) => {
        const { total, parts } = roundToCents(exact);
        expect(parts).toHaveLength(exact.length);
        expect(sum(parts)).toBe(total);
        const off = total * NANODOLLARS_PER_CENT - sum(exact);
        expect(off > -NANODOLLARS_PER_CENT / 2n && off <= NANODOLLARS_PER_CENT / 2n).toBe(true);
        for (const [i, part] of parts.entries()) {
          expect(magnitude(part * NANODOLLARS_PER_CENT - (exact[i] ?? 0n))).toBeLessThan(NANODOLLARS_PER_CENT);
        }
      }),
      runs(2000),
    );
  });
});
