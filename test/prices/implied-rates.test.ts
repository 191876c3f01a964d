import fc from "fast-check";
import { expect, test } from "vitest";
import { solveLeastSquares } from "../../src/prices/drift/least-squares.ts";
import { runs } from "../property/runs.ts";

function observe(xs: readonly (readonly number[])[], y: (x: readonly number[]) => bigint) {
  const rows = xs.map((x) => ({ x: x.map(BigInt), y: y(x) }));
  const unknowns = (xs[0] ?? []).map((_, index) => index);
  const sum = (of: (row: (typeof rows)[number]) => bigint): bigint => rows.reduce((all, row) => all + of(row), 0n);
  return solveLeastSquares({
    count: BigInt(rows.length),
    xtx: unknowns.map((i) => unknowns.map((j) => sum(({ x }) => x[i]! * x[j]!))),
    xty: unknowns.map((i) => sum((row) => row.x[i]! * row.y)),
    yty: sum((row) => row.y * row.y),
  });
}

const counts = (columns: number) => fc.array(fc.array(fc.nat({ max: 200_000 }), { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 12 });

test("rates that amounts follow exactly are found exactly, or said to be open, never guessed", () => {
  const rates = fc.array(fc.nat({ max: 50_000 }), { minLength: 4, maxLength: 4 });
  const check = (): void => fc.assert(
    fc.property(counts(4), rates, (xs, true_) => {
      const found = observe(xs, (x) => x.reduce((all, n, index) => all + BigInt(n) * BigInt(true_[index]!), 0n));
      const isRight = found.map((one, index) => one === null || (one.dividend === BigInt(true_[index]!) * one.divisor && one.error === 0));
      return !isRight.includes(false) && (xs.length >= 4 || found.includes(null));
    }),
    runs(300),
  );
  expect(check).not.toThrow();
});

test("what always comes in the same proportion is not told apart, and keeps nothing else from it", () => {
  const found = observe([[1, 2, 5], [2, 4, 1], [3, 6, 9]], ([a, b, c]) => BigInt(a! * 7 + b! * 3 + c! * 11));
  expect(found.slice(0, 2)).toEqual([null, null]);
  expect(found[2]!.dividend).toBe(11n * found[2]!.divisor);
});

test("amounts that follow no rates leave an error behind", () => {
  const [one] = observe([[10], [20], [30]], ([x]) => BigInt(x! * x!));
  expect(one!.value).toBeCloseTo(36_000 / 1400);
  expect(one!.error).toBeGreaterThan(1);
});
