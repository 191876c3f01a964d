import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printDifference, printStep, roundAlone, roundLike, roundRuns, type Pair, sharePairs } from "../../src/chargeback/report/rounding.ts";
import { floorToCents, roundToCents, shareCents } from "../../src/ledger/money.ts";
import { runs } from "../property/runs.ts";

const CENT = 10_000_000n;
/** Halves, parts that cancel each other and nothing at all on purpose. */
const amount = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0n) },
  { weight: 3, arbitrary: fc.constantFrom(-CENT, -CENT / 2n, -1n, 1n, 4_000_000n, -4_000_000n, CENT / 2n, 6_000_000n, -6_000_000n, CENT) },
  fc.bigInt({ min: -3n * CENT, max: 3n * CENT }),
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
);
const sum = (values: readonly bigint[]): bigint => values.reduce((all, one) => all + one, 0n);

/** Rounded up or down; so nothing is nothing, and no sign is another. */
function isRounded(exact: bigint, cents: bigint): boolean {
  const off = cents * CENT - exact;
  return off > -CENT && off < CENT;
}

describe("printed cents", () => {
  test("of any list add up to the printed total, which is the nearest cent", () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (amounts) => {
        const { total, parts } = roundToCents(amounts);
        expect(isRounded(sum(amounts), total)).toBe(true);
        expect(sum(parts)).toBe(total);
        for (const [index, one] of amounts.entries()) expect(isRounded(one, parts[index]!)).toBe(true);
      }),
      runs(500),
    );
  });

  test("below a total that is rounded the other way do too", () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), fc.boolean(), (amounts, up) => {
        const exact = sum(amounts);
        const floor = (exact - (((exact % CENT) + CENT) % CENT)) / CENT;
        const total = up && exact % CENT !== 0n ? floor + 1n : floor;
        const parts = shareCents(total, amounts);
        expect(sum(parts)).toBe(total);
        for (const [index, one] of amounts.entries()) expect(isRounded(one, parts[index]!)).toBe(true);
      }),
      runs(500),
    );
  });

  test("of neighbours are such that every run of them is printed as its sum rounded up or down", () => {
    fc.assert(
      fc.property(fc.array(amount, { minLength: 1, maxLength: 6 }), fc.nat(5), (amounts, nth) => {
        const from = nth % amounts.length;
        const cents = roundRuns(amounts, from);
        const runsFrom = (start: number, of: readonly bigint[]): bigint[] => of.slice(start).map((_, length) => sum(of.slice(start, start + length + 1)));
        for (const start of amounts.keys()) {
          for (const [length, exact] of runsFrom(start, amounts).entries()) expect(isRounded(exact, runsFrom(start, cents)[length]!)).toBe(true);
        }
        expect(runsFrom(from, cents)).toEqual(runsFrom(from, amounts).map((exact) => roundToCents([exact]).total));
      }),
      runs(500),
    );
  });

  test("of two columns add up downwards and across, whatever cancels what", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount), { maxLength: 20 }), (rows) => {
        const columns: Pair<bigint> = [sum(rows.map(([a]) => a)), sum(rows.map(([, b]) => b))];
        const [first, second] = roundRuns(columns) as [bigint, bigint];
        const printed = sharePairs([first, second], rows);
        expect([sum(printed.map(([a]) => a)), sum(printed.map(([, b]) => b))]).toEqual([first, second]);
        for (const [index, [a, b]] of rows.entries()) {
          expect(isRounded(a, printed[index]![0])).toBe(true);
          expect(isRounded(b, printed[index]![1])).toBe(true);
          expect(isRounded(a + b, printed[index]![0] + printed[index]![1])).toBe(true);
        }
      }),
      runs(1000),
    );
  });

  test("of one column among two are those that the column has alone", () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (amounts) => {
        const { total, parts } = roundToCents(amounts);
        expect(sharePairs([total, 0n], amounts.map((one) => [one, 0n]))).toEqual(parts.map((part) => [part, 0n]));
      }),
      runs(300),
    );
  });

  test("of what was, what is and the difference add up", () => {
    fc.assert(
      fc.property(amount, amount, fc.boolean(), (was, is, up) => {
        const exact = is - was;
        const floor = (exact - (((exact % CENT) + CENT) % CENT)) / CENT;
        const difference = up && exact % CENT !== 0n ? floor + 1n : floor;
        const printed = printStep(was, is, difference);
        expect(printed.is - printed.was).toBe(difference);
        expect(isRounded(was, printed.was)).toBe(true);
        expect(isRounded(is, printed.is)).toBe(true);
      }),
      runs(500),
    );
  });
});

test("a total of other amounts leaves what is nothing at nothing", () => {
  expect(shareCents(-1n, [0n, 0n, 0n])).toEqual([0n, 0n, 0n]);
  expect(shareCents(-1n, [0n, 3n * CENT, 0n])).toEqual([0n, -1n, 0n]);
  expect(shareCents(9n, [CENT, 0n, -2n * CENT])).toEqual([1n, 0n, 8n]);
  expect(sharePairs([-1n, 0n], [[0n, 0n], [CENT, 0n]])).toEqual([[0n, 0n], [-1n, 0n]]);
});

test("the difference of two averages is itself rounded up or down, also where one of them prints as what a team books", () => {
  // $10.004 is booked as $10.01; $10.0041 of the month before printed as $10.00. The difference of both would be a cent with the wrong sign.
  const round = roundLike([{ exact: 10_004_000_000n, cents: 1001n }]);
  expect(printDifference(10_004_100_000n, 10_004_000_000n, round)).toBe(0n);
  expect(printDifference(10_014_000_000n, 10_024_000_000n, roundAlone)).toBe(1n);
  fc.assert(
    fc.property(amount, amount, fc.boolean(), (was, is, up) => {
      const cents = up ? -floorToCents(-is) : floorToCents(is);
      expect(isRounded(is - was, printDifference(was, is, roundLike([{ exact: is, cents }])))).toBe(true);
    }),
    runs(200),
  );
});
