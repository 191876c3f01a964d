import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, dayOf, daysBetween, startOfDay, weekdayOf } from "../../src/ledger/days.ts";
import { runs } from "../property/runs.ts";

/** Among them zones whose clocks change at midnight, by half an hour, and not at all. */
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana", "Asia/Beirut", "Pacific/Chatham"];
const DAY_MS = 86_400_000;

const instant = fc.date({ min: new Date("2020-01-01T00:00:00Z"), max: new Date("2036-12-31T00:00:00Z"), noInvalidDate: true });
const day = instant.map((at) => at.toISOString().slice(0, 10));
const zone = fc.constantFrom(...ZONES);

describe("a day", () => {
  test("has the instants from its start on and before the start of the next", () => {
    fc.assert(
      fc.property(day, zone, (date, timezone) => {
        const start = startOfDay(date, timezone);
        expect(dayOf(start, timezone)).toBe(date);
        expect(dayOf(new Date(start.getTime() - 1), timezone)).toBe(addDays(date, -1));
        expect(dayOf(new Date(startOfDay(addDays(date, 1), timezone).getTime() - 1), timezone)).toBe(date);
      }),
      runs(500),
    );
  });

  test("is the one that clocks there show", () => {
    fc.assert(
      fc.property(instant, zone, (at, timezone) => {
        const shown = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
        expect(dayOf(at, timezone)).toBe(shown);
      }),
      runs(300),
    );
  });

  test.each([
    ["2026-10-05", "Europe/Berlin", "2026-10-04T22:00:00.000Z"],
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    // The clocks go from midnight to one o'clock: the day begins at one.
    ["2026-03-08", "America/Havana", "2026-03-08T05:00:00.000Z"],
    ["2026-01-01", "Pacific/Chatham", "2025-12-31T10:15:00.000Z"],
  ])("%s in %s begins at %s", (date, timezone, start) => {
    expect(startOfDay(date, timezone).toISOString()).toBe(start);
  });
});

describe("counting days", () => {
  test("goes forth and back by the calendar", () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -800, max: 800 }), (date, count) => {
        const there = addDays(date, count);
        expect(Date.parse(there) - Date.parse(date)).toBe(count * DAY_MS);
        expect(there).toMatch(/^\d{4}-\d\d-\d\d$/);
        expect(addDays(there, -count)).toBe(date);
      }),
      runs(300),
    );
  });

  test("lists every day from the first on and before the last, and none where there is none before it", () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -3, max: 70 }), (from, count) => {
        const listed = daysBetween(from, addDays(from, count));
        expect(listed).toHaveLength(Math.max(0, count));
        for (const [index, one] of listed.entries()) expect(one).toBe(addDays(from, index));
      }),
      runs(300),
    );
  });

  test("the weeks begin on Monday", () => {
    const week = ["2026-10-05", "2026-10-06", "2026-10-07", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-11"];
    expect(week.map(weekdayOf)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(weekdayOf("2026-10-12")).toBe(0);
  });
});
