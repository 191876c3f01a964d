import { describe, expect, test } from "vitest";
import { boundMonth, daysWithout, monthTitle, utcDates } from "../../src/ledger/months.ts";

describe("boundMonth", () => {
  test.each([
    ["2026-10", "UTC", "2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z"],
    ["2026-12", "UTC", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
    ["2026-10", "Europe/Berlin", "2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z"],
    ["2026-10", "America/Los_Angeles", "2026-10-01T07:00:00.000Z", "2026-11-01T07:00:00.000Z"],
    ["2026-10", "Asia/Kolkata", "2026-09-30T18:30:00.000Z", "2026-10-31T18:30:00.000Z"],
    ["2026-10", "Asia/Kathmandu", "2026-09-30T18:15:00.000Z", "2026-10-31T18:15:00.000Z"],
    ["2026-10", "Pacific/Kiritimati", "2026-09-30T10:00:00.000Z", "2026-10-31T10:00:00.000Z"],
    // The clocks went from 00:00 to 01:00 on the first: the month began at 01:00.
    ["2023-10", "America/Asuncion", "2023-10-01T04:00:00.000Z", "2023-11-01T03:00:00.000Z"],
    // The clocks went from 01:00 back to 00:00 on the first: the month began with the first midnight.
    ["2020-11", "America/Havana", "2020-11-01T04:00:00.000Z", "2020-12-01T05:00:00.000Z"],
  ])("%s in %s", (name, timezone, from, to) => {
    const month = boundMonth(name, timezone);
    expect([month.from.toISOString(), month.to.toISOString()]).toEqual([from, to]);
  });

  test("months of a year follow each other without a gap", () => {
    for (const timezone of ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Africa/Cairo", "America/Asuncion"]) {
      for (let month = 1; month < 12; month++) {
        const [before, after] = [month, month + 1].map((number) => boundMonth(`2023-${String(number).padStart(2, "0")}`, timezone));
        expect(before?.to).toEqual(after?.from);
      }
    }
  });

  test.each(["2026-13", "2026-00", "2026-1", "october", "2026-10-01", "", "0026-10", " 2026-10"])("%j is a usage error", (name) => {
    expect(() => boundMonth(name, "UTC")).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

test("utcDates names every UTC date the month touches", () => {
  expect(utcDates(boundMonth("2026-02", "UTC"))).toHaveLength(28);
  const west = utcDates(boundMonth("2026-10", "America/Los_Angeles"));
  expect([west[0], west.at(-1), west.length]).toEqual(["2026-10-01", "2026-11-01", 32]);
  const east = utcDates(boundMonth("2026-10", "Asia/Kolkata"));
  expect([east[0], east.at(-1), east.length]).toEqual(["2026-09-30", "2026-10-31", 32]);
});

test("daysWithout counts days of the month's own time zone", () => {
  const instants = [new Date("2026-10-01T06:45:00Z"), new Date("2026-10-31T23:45:00Z")];
  const utc = daysWithout(instants, boundMonth("2026-10", "UTC"));
  expect([utc[0], utc.at(-1), utc.length]).toEqual(["2026-10-02", "2026-10-30", 29]);
  const kolkata = daysWithout(instants.slice(0, 1), boundMonth("2026-10", "Asia/Kolkata"));
  expect(kolkata).not.toContain("2026-10-01");
  expect(kolkata).toHaveLength(30);
});

test("monthTitle", () => {
  expect(monthTitle(boundMonth("2026-10", "Asia/Kolkata"))).toBe("October 2026");
});
