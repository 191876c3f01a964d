import { describe, expect, test } from "vitest";
import { compareDays, knownDays } from "../../src/chargeback/report/compared-days.ts";
import { boundMonth } from "../../src/ledger/months.ts";

const known = (month: string, from: string, to: string, timezone = "UTC") => knownDays(boundMonth(month, timezone), { from: new Date(from), to: new Date(to) });

describe("the days of a month that are known", () => {
  test("end with the last day that lies whole before the newest export", () => {
    expect(known("2026-11", "2026-01-01T00:00:00Z", "2026-11-09T23:59:59Z")).toEqual({ first: 1, last: 8, of: 30 });
    expect(known("2026-11", "2026-01-01T00:00:00Z", "2026-11-10T00:00:00Z")).toEqual({ first: 1, last: 9, of: 30 });
    expect(known("2026-11", "2026-01-01T00:00:00Z", "2027-03-01T00:00:00Z")).toEqual({ first: 1, last: 30, of: 30 });
    expect(known("2026-11", "2026-01-01T00:00:00Z", "2026-11-01T12:00:00Z")).toBeNull();
  });

  test("begin with the day of the first usage", () => {
    expect(known("2026-09", "2026-09-20T15:00:00Z", "2026-10-05T00:00:00Z")).toEqual({ first: 20, last: 30, of: 30 });
    expect(known("2026-09", "2026-10-01T00:00:00Z", "2026-10-05T00:00:00Z")).toBeNull();
  });

  test("are those of the time zone, where days are as long as its clocks make them", () => {
    expect(known("2026-10", "2026-01-01T00:00:00Z", "2026-10-25T22:59:59Z", "Europe/Berlin")).toMatchObject({ last: 24 });
    expect(known("2026-10", "2026-01-01T00:00:00Z", "2026-10-25T23:00:00Z", "Europe/Berlin")).toMatchObject({ last: 25 });
    expect(known("2026-10", "2026-10-01T03:00:00Z", "2026-12-01T00:00:00Z", "America/Los_Angeles")).toEqual({ first: 1, last: 31, of: 31 });
  });
});

describe("two months are compared", () => {
  const whole = (of: number) => ({ first: 1, last: of, of });

  test("whole where both are known whole, whatever their lengths", () => {
    expect(compareDays(whole(31), whole(30))).toMatchObject({ basis: "months" });
  });

  test("by the days that are known of both", () => {
    expect(compareDays({ first: 1, last: 9, of: 30 }, whole(31))).toMatchObject({ basis: "days", days: { first: 1, last: 9 } });
    expect(compareDays(whole(31), { first: 20, last: 30, of: 30 })).toMatchObject({ basis: "days", days: { first: 20, last: 30 } });
    expect(compareDays({ first: 1, last: 31, of: 31 }, { first: 1, last: 27, of: 28 })).toMatchObject({ basis: "days", days: { first: 1, last: 27 } });
  });

  test("not at all where no day is known of both", () => {
    expect(compareDays({ first: 1, last: 9, of: 31 }, { first: 20, last: 30, of: 30 })).toMatchObject({ basis: "none" });
    expect(compareDays(null, whole(30))).toMatchObject({ basis: "none", now: null });
  });
});
