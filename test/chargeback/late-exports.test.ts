import { describe, expect, test } from "vitest";
import { type FeedingExport, findLate } from "../../src/chargeback/sections/quality/feeding-exports.ts";
import { boundMonth } from "../../src/ledger/months.ts";

describe("late exports", () => {
  const made = (time: string, ...dates: string[]): FeedingExport => ({ instance: "prod", name: `${time}.cbor.zstd`, time, damaged: false, records: { read: 1, accepted: 1, quarantined: 0 }, dates });

  test.each<[string, FeedingExport, boolean]>([
    ["an hour after its day", made("2026-10-06T01:00:00.000Z", "2026-10-05"), false],
    ["two days after its day", made("2026-10-08T00:00:00.000Z", "2026-10-05"), false],
    ["later than that", made("2026-10-08T00:00:01.000Z", "2026-10-05"), true],
    ["later than that for one of its days", made("2026-10-08T01:00:00.000Z", "2026-10-05", "2026-10-07"), true],
    ["late for another month", made("2026-10-08T01:00:00.000Z", "2026-09-05", "2026-10-07"), false],
    ["in the next month", made("2026-11-20T00:00:00.000Z", "2026-10-31"), true],
    ["that holds nothing", made("2026-11-20T00:00:00.000Z"), false],
  ])("one made %s", (_name, one, isLate) => {
    expect(findLate([one], boundMonth("2026-10", "UTC"))).toEqual(isLate ? [one] : []);
  });
});
