import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundPeriod, type PeriodUnit } from "../../src/limits/budgets/budget-period.ts";
import { runs } from "../property/runs.ts";

const UNITS: PeriodUnit[] = ["day", "week", "month", "quarter", "year"];
/** Among them clocks that change by half an hour, at midnight, and not at all. */
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Pacific/Chatham"];
const HOUR = 3_600_000;

const instant = fc.date({ min: new Date("2020-01-01T00:00:00Z"), max: new Date("2036-12-31T00:00:00Z"), noInvalidDate: true });

describe("calendar periods", () => {
  test("tile the time line: every instant is in one period of a unit, and where it ends the next begins", () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...ZONES), fc.constantFrom(...UNITS), (at, timezone, unit) => {
        const period = boundPeriod(unit, at, timezone);
        expect(period.from <= at && at < period.to).toBe(true);
        expect(boundPeriod(unit, period.from, timezone)).toEqual(period);
        expect(boundPeriod(unit, new Date(period.to.getTime() - 1), timezone)).toEqual(period);
        const next = boundPeriod(unit, period.to, timezone);
        expect([next.from, next.firstDay]).toEqual([period.to, period.endDay]);
        expect(next.name > period.name).toBe(true);
        expect(boundPeriod(unit, new Date(period.from.getTime() - 1), timezone).to).toEqual(period.from);
      }),
      runs(1000),
    );
  });

  test.each<[PeriodUnit, string, string, string]>([
    ["day", "2026-10-04T22:30:00Z", "Europe/Berlin", "2026-10-05"],
    ["week", "2026-10-05T00:00:00Z", "UTC", "2026-W41"],
    ["week", "2026-10-04T23:59:59Z", "UTC", "2026-W40"],
    // Sunday the 3rd still belongs to the week of the last Thursday of 2026.
    ["week", "2027-01-03T12:00:00Z", "UTC", "2026-W53"],
    ["week", "2024-12-30T12:00:00Z", "UTC", "2025-W01"],
    ["month", "2026-09-30T18:30:00Z", "Asia/Kolkata", "2026-10"],
    ["month", "2026-09-30T18:29:59Z", "Asia/Kolkata", "2026-09"],
    ["quarter", "2026-10-01T00:00:00Z", "UTC", "2026-Q4"],
    ["quarter", "2026-10-01T03:59:59Z", "America/New_York", "2026-Q3"],
    ["year", "2026-12-31T23:30:00Z", "Europe/Berlin", "2027"],
  ])("the %s of %s in %s is %s", (unit, at, timezone, name) => {
    expect(boundPeriod(unit, new Date(at), timezone).name).toBe(name);
  });

  test.each<[string, string, number, string, string]>([
    ["Europe/Berlin", "2026-03-29T12:00:00Z", 23, "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"],
    ["Europe/Berlin", "2026-10-25T12:00:00Z", 25, "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
    ["America/New_York", "2026-03-08T12:00:00Z", 23, "2026-03-08T05:00:00.000Z", "2026-03-09T04:00:00.000Z"],
    ["America/New_York", "2026-11-01T12:00:00Z", 25, "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"],
    ["Australia/Lord_Howe", "2026-10-04T06:00:00Z", 23.5, "2026-10-03T13:30:00.000Z", "2026-10-04T13:00:00.000Z"],
    ["Australia/Lord_Howe", "2026-04-05T06:00:00Z", 24.5, "2026-04-04T13:00:00.000Z", "2026-04-05T13:30:00.000Z"],
    ["Asia/Kolkata", "2026-03-29T12:00:00Z", 24, "2026-03-28T18:30:00.000Z", "2026-03-29T18:30:00.000Z"],
  ])("a day in %s at %s has %d hours", (timezone, at, hours, from, to) => {
    const day = boundPeriod("day", new Date(at), timezone);
    expect([day.from.toISOString(), day.to.toISOString(), (day.to.getTime() - day.from.getTime()) / HOUR]).toEqual([from, to, hours]);
  });
});
