import { describe, expect, test } from "vitest";
import { monthOfFlag, monthOfState, monthToReport } from "../../src/cli/month-of-flag.ts";

// In Berlin it is November already, in UTC still October.
const TURN = new Date("2026-10-31T23:30:00Z");

describe("--month", () => {
  test.each<[string | undefined, "last" | "this", string, string, string[]]>([
    [undefined, "last", "Europe/Berlin", "2026-10", ["month        2026-10, the last complete month in Europe/Berlin"]],
    [undefined, "last", "UTC", "2026-09", ["month        2026-09, the last complete month in UTC"]],
    ["last", "this", "UTC", "2026-09", ["month        2026-09, the last complete month in UTC"]],
    ["this", "last", "Europe/Berlin", "2026-11", ["month        2026-11, this month, which is not over in Europe/Berlin"]],
    [undefined, "this", "UTC", "2026-10", ["month        2026-10, this month, which is not over in UTC"]],
    ["2026-02", "last", "UTC", "2026-02", []],
  ])("%s, usually %s, in %s is %s, and it is said where the call does not name it", (flag, usual, timezone, name, said) => {
    expect(monthOfFlag(flag, usual, timezone, TURN)).toEqual({ name, said });
  });

  test("on the 31st, the last month is the one before, however short", () => {
    expect(monthOfFlag("last", "last", "UTC", new Date("2026-03-31T12:00:00Z")).name).toBe("2026-02");
    expect(monthOfFlag("last", "last", "UTC", new Date("2026-01-01T00:00:00Z")).name).toBe("2025-12");
  });

  test.each(["2026-13", "october", "Last", ""])("%j is a mistake that names what it takes", (flag) => {
    expect(() => monthOfFlag(flag, "last", "UTC", TURN)).toThrow(expect.objectContaining({ code: "usage", message: `--month ${JSON.stringify(flag)} is not a month`, remedy: expect.stringMatching(/2026-10, or last or this/) as string }));
  });
});

test("states of chargeback diff name months in the same words", () => {
  expect(["last@closed", "this", "2026-08@now", "later@now"].map((state) => monthOfState(state, "UTC", TURN))).toEqual(["2026-09@closed", "2026-10", "2026-08@now", "later@now"]);
});

test("after a run, the month to report is the last complete one, or the last one that the ledger has", () => {
  expect(monthToReport(["2026-09-30", "2026-10-02"], "UTC", TURN)).toBe("2026-09");
  expect(monthToReport(["2026-10-02", "2026-10-01"], "UTC", TURN)).toBe("2026-10");
  expect(monthToReport(["2026-05-02", "2026-06-01"], "UTC", TURN)).toBe("2026-06");
  expect(monthToReport([], "UTC", TURN)).toBeUndefined();
});
