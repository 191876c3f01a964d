import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { present } from "../../src/cli/presentation.ts";
import { shortenDollars, showDifference, showForeign, showMoney, showParts } from "../../src/cli/shown-money.ts";

afterEach(() => present({}));

test.each([
  [0n, "$0.00", "$0.000000000"],
  [1n, "<$0.01", "$0.000000001"],
  [4_999_999n, "<$0.01", "$0.004999999"],
  [5_000_000n, "$0.01", "$0.005000000"],
  [-1n, ">-$0.01", "-$0.000000001"],
  [-5_000_001n, "-$0.01", "-$0.005000001"],
  [1_234_567_891_000_000n, "$1,234,567.89", "$1234567.891000000"],
  [-1_110_000_000n, "-$1.11", "-$1.110000000"],
])("%s nanodollars are %s, and exactly %s", (amount, shown, exact) => {
  expect(showMoney(amount)).toBe(shown);
  present({ exact: true });
  expect(showMoney(amount)).toBe(exact);
});

test("a difference has its sign, another currency no dollar, and exact dollars in a text become short", () => {
  expect([showDifference(1_000_000_000n), showDifference(-1_000_000_000n), showDifference(0n), showDifference(1n)]).toEqual(["+$1.00", "-$1.00", "$0.00", "<$0.01"]);
  expect(showForeign(-2_500_000_000n)).toBe("-2.50");
  expect(shortenDollars("$12.345678901 of $-0.000000001, not 1.234567890")).toBe("$12.35 of >-$0.01, not 1.234567890");
});

const centsOf = (shown: string): bigint => (/[<>]/.test(shown) ? 0n : BigInt(shown.replaceAll(/[$,.]/g, "")));

test("amounts that are shown with their sum add up to it in cents, and none but zero looks like zero", () => {
  const amount = fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -20_000_000n, max: 20_000_000n }), fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }));
  fc.assert(fc.property(fc.array(amount, { minLength: 1, maxLength: 8 }), (amounts) => {
    const shown = showParts(amounts);
    const sum = amounts.reduce((all, one) => all + one, 0n);
    expect(shown.reduce((all, one) => all + centsOf(one), 0n)).toBe(centsOf(showMoney(sum)));
    for (const [index, one] of amounts.entries()) expect(shown[index] === "$0.00").toBe(one === 0n);
  }));
});
