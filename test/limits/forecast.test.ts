import fc from "fast-check";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { boundPeriod, type BudgetPeriod } from "../../src/limits/budgets/budget-period.ts";
import { addDays, daysBetween, weekdayOf } from "../../src/ledger/days.ts";
import { findExhaustion } from "../../src/limits/budgets/evaluate-limits.ts";
import { forecastPeriod, type SpendSoFar } from "../../src/limits/budgets/forecast.ts";
import { runs } from "../property/runs.ts";
import { DOLLAR } from "./spent.ts";

const NOW = new Date("2026-10-13T00:00:00Z");
const OCTOBER = boundPeriod("month", NOW, "UTC");

/** Dollars by day from `first` on and before `end`. */
function spend(first: string, end: string, dollarsOf: (day: string) => number, period: BudgetPeriod = OCTOBER): SpendSoFar {
  const byDay = new Map(daysBetween(first, end).map((day) => [day, BigInt(dollarsOf(day)) * DOLLAR]));
  const spent = [...byDay].reduce((sum, [day, cost]) => sum + (day >= period.firstDay ? cost : 0n), 0n);
  return { spent, byDay };
}

describe("linear, with less than fourteen days to go by", () => {
  test("goes on as fast as so far", () => {
    const so = spend("2026-10-01", "2026-10-13", () => 10);
    const forecast = forecastPeriod(OCTOBER, so, NOW);
    expect(forecast).toMatchObject({ method: "linear", expected: 310n * DOLLAR, low: 310n * DOLLAR, high: 310n * DOLLAR });
    expect(findExhaustion(OCTOBER, 200n * DOLLAR, so, forecast, NOW)?.toISOString()).toBe("2026-10-21T00:00:00.000Z");
    expect(findExhaustion(OCTOBER, 310n * DOLLAR, so, forecast, NOW)).toBeNull();
  });

  test("is exact where the division is not", () => {
    const so = { spent: 1n, byDay: new Map([["2026-10-01", 1n]]) };
    expect(forecastPeriod(OCTOBER, so, new Date("2026-10-03T00:00:00Z"))?.expected).toBe(16n);
  });

  test("has a range as wide as days differ: 10th to 90th percentile", () => {
    // Days of 8 and 12 by turns: mean 10, variance 48/11; 19 days to come, the mean known from 12.
    const so = spend("2026-10-01", "2026-10-13", (day) => (Number(day.slice(-2)) % 2 === 0 ? 8 : 12));
    const forecast = forecastPeriod(OCTOBER, so, NOW);
    const expected = 1.2815515655446004 * Math.sqrt((48 / 11) * 19 * (1 + 19 / 12));
    expect(forecast?.expected).toBe(310n * DOLLAR);
    expect(Number(forecast?.high ?? 0n) / 1e9).toBeCloseTo(310 + expected, 6);
    expect(Number(forecast?.low ?? 0n) / 1e9).toBeCloseTo(310 - expected, 6);
  });

  test("never reaches below what is spent", () => {
    const so = spend("2026-10-01", "2026-10-13", (day) => (day === "2026-10-02" ? 1000 : 0));
    expect(forecastPeriod(OCTOBER, so, NOW)?.low).toBe(1000n * DOLLAR);
  });

  test("is none where there is nothing to go by", () => {
    expect(forecastPeriod(OCTOBER, { spent: 0n, byDay: new Map() }, NOW)).toBeNull();
    expect(forecastPeriod(OCTOBER, spend("2026-09-28", "2026-10-01", () => 5), OCTOBER.from)).toBeNull();
  });

  test("counts the hours of a day on which the clocks change", () => {
    const at = new Date("2026-10-25T11:00:00Z");
    const day = boundPeriod("day", at, "Europe/Berlin");
    // 13 of 25 hours are over at noon.
    expect(forecastPeriod(day, { spent: 13n * DOLLAR, byDay: new Map([["2026-10-25", 13n * DOLLAR]]) }, at)?.expected).toBe(25n * DOLLAR);
    const half = new Date("2026-10-04T01:00:00Z");
    const lordHowe = boundPeriod("day", half, "Australia/Lord_Howe");
    // 11.5 of 23.5 hours.
    expect(forecastPeriod(lordHowe, { spent: 23n * DOLLAR, byDay: new Map([["2026-10-04", 23n * DOLLAR]]) }, half)?.expected).toBe(47n * DOLLAR);
  });
});

describe("seasonal, with fourteen days or more", () => {
  const workdays = (day: string): number => (weekdayOf(day) < 5 ? 100 : 10);

  test("expects of each weekday what it costs on average", () => {
    const so = spend("2026-09-14", "2026-10-13", workdays);
    const forecast = forecastPeriod(OCTOBER, so, NOW);
    // October has 22 days from Monday to Friday and 9 others.
    expect(forecast).toMatchObject({ method: "seasonal", expected: 2290n * DOLLAR, low: 2290n * DOLLAR, high: 2290n * DOLLAR });
  });

  test("takes what is left of today by the hour, and names the day on which the amount is used up", () => {
    const noon = new Date("2026-10-16T12:00:00Z");
    const so = spend("2026-09-14", "2026-10-16", workdays);
    const today = { spent: so.spent + 80n * DOLLAR, byDay: new Map([...so.byDay, ["2026-10-16", 80n * DOLLAR]]) };
    const forecast = forecastPeriod(OCTOBER, today, noon);
    // Until the 15th 11 workdays and 4 others; today 80 and half of 100; then 10 workdays and 5 others.
    expect(forecast?.expected).toBe((1140n + 130n + 1050n) * DOLLAR);
    // 1270 after Friday, 1290 after the weekend: Monday has room for 100, Tuesday has not.
    expect(findExhaustion(OCTOBER, 1390n * DOLLAR, today, forecast, noon)?.toISOString()).toBe("2026-10-20T00:00:00.000Z");
  });

  test("says the instant at which a day's budget is used up", () => {
    const six = new Date("2026-10-14T06:00:00Z");
    const day = boundPeriod("day", six, "UTC");
    const so = spend("2026-09-14", "2026-10-14", workdays, day);
    const today = { spent: 25n * DOLLAR, byDay: new Map([...so.byDay, ["2026-10-14", 25n * DOLLAR]]) };
    const forecast = forecastPeriod(day, today, six);
    expect(forecast?.expected).toBe(100n * DOLLAR);
    expect(findExhaustion(day, 50n * DOLLAR, today, forecast, six)?.toISOString()).toBe("2026-10-14T12:00:00.000Z");
  });

  test("looks back eight weeks and no further", () => {
    const long = spend("2026-07-01", "2026-10-13", (day) => (day < addDays("2026-10-13", -56) ? 1_000_000 : 10));
    expect(forecastPeriod(OCTOBER, { ...long, spent: 120n * DOLLAR }, NOW)?.expected).toBe(310n * DOLLAR);
  });

  test("is there on the first of the month, before anything is spent", () => {
    const first = new Date("2026-10-01T00:00:00Z");
    expect(forecastPeriod(OCTOBER, spend("2026-09-01", "2026-10-01", workdays), first)).toMatchObject({ method: "seasonal", expected: 2290n * DOLLAR });
  });

  test("has a range that four months of five end in, where days are independent of each other", () => {
    const random = xoroshiro128plus(42);
    const below = (most: number): number => uniformInt(random, 0, most);
    let inside = 0;
    for (let month = 0; month < 200; month++) {
      const all = spend("2026-08-18", "2026-11-01", (day) => (weekdayOf(day) < 5 ? 100 : 10) + below(60));
      const known = new Map([...all.byDay].filter(([day]) => day < "2026-10-13"));
      const so = { byDay: known, spent: [...known].reduce((sum, [day, cost]) => sum + (day >= "2026-10-01" ? cost : 0n), 0n) };
      const forecast = forecastPeriod(OCTOBER, so, NOW);
      if (forecast !== null && forecast.low <= all.spent && all.spent <= forecast.high) inside++;
    }
    expect(inside / 200).toBeGreaterThan(0.72);
    expect(inside / 200).toBeLessThan(0.88);
  });

  test("has a wider range the more the same weekdays differ", () => {
    const rangeOf = (swing: number): bigint => {
      const so = spend("2026-09-14", "2026-10-13", (day) => 100 + (Number(day.slice(-2)) % 2 === 0 ? swing : -swing));
      const forecast = forecastPeriod(OCTOBER, so, NOW);
      return (forecast?.high ?? 0n) - (forecast?.low ?? 0n);
    };
    expect(rangeOf(0)).toBe(0n);
    expect(rangeOf(10) > 0n).toBe(true);
    expect(rangeOf(40) > rangeOf(10)).toBe(true);
  });
});

describe("the history begins with the first day that cost anything", () => {
  const ofOctober = (byDay: ReadonlyMap<string, bigint>): ReturnType<typeof forecastPeriod> => {
    const spent = [...byDay].reduce((sum, [day, cost]) => sum + (day >= "2026-10-01" ? cost : 0n), 0n);
    return forecastPeriod(OCTOBER, { spent, byDay }, NOW);
  };
  /** $10 on each of so many days before the 13th. */
  const tens = (days: number): [string, bigint][] => daysBetween(addDays("2026-10-13", -days), "2026-10-13").map((day) => [day, 10n * DOLLAR]);

  test("fourteen days make a seasonal forecast, thirteen a linear one", () => {
    expect(ofOctober(new Map(tens(13)))).toMatchObject({ method: "linear", expected: 310n * DOLLAR });
    expect(ofOctober(new Map(tens(14)))).toMatchObject({ method: "seasonal", expected: 310n * DOLLAR });
  });

  test.each([1, 2, 30, 56])("requests that cost nothing, %i days before, make thirteen days no fourteen", (days) => {
    const free: [string, bigint] = [addDays("2026-09-30", -days), 0n];
    expect(ofOctober(new Map([free, ...tens(13)]))).toEqual(ofOctober(new Map(tens(13))));
    expect(ofOctober(new Map([free, ...tens(12)]))).toMatchObject({ method: "linear", expected: 310n * DOLLAR });
    expect(ofOctober(new Map([free]))).toBeNull();
  });

  test("after that day, a day of free requests is a day of nothing, as a day without any is", () => {
    const first: [string, bigint] = ["2026-09-29", 10n * DOLLAR];
    const free = daysBetween("2026-09-30", "2026-10-13").map((day): [string, bigint] => [day, 0n]);
    expect(ofOctober(new Map([first, ...free]))).toEqual(ofOctober(new Map([first])));
    expect(ofOctober(new Map([first]))).toMatchObject({ method: "seasonal" });
  });

  test("days that cost nothing before it never change a forecast", () => {
    const costs = fc.array(fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 30 }), (all, before) => {
        const days = all.map((cost, index): [string, bigint | null] => [addDays("2026-10-13", index - all.length), cost]);
        const byDay = new Map(days.flatMap(([day, cost]): [string, bigint][] => (cost === null ? [] : [[day, cost]])));
        const free = daysBetween(addDays("2026-10-13", -all.length - before), addDays("2026-10-13", -all.length)).map((day): [string, bigint] => [day, 0n]);
        expect(ofOctober(new Map([...free, ...byDay]))).toEqual(ofOctober(byDay));
      }),
      runs(200),
    );
  });
});

test("what is used up names the day on which it was", () => {
  const so = spend("2026-10-01", "2026-10-13", () => 10);
  expect(findExhaustion(OCTOBER, 75n * DOLLAR, so, null, NOW)?.toISOString()).toBe("2026-10-08T00:00:00.000Z");
});
