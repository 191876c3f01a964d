import { beforeAll, describe, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { boundMonth, daysOfMonth } from "../../src/ledger/months.ts";
import { startOfDay } from "../../src/ledger/days.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { NO_TEAMS } from "../no-teams.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { testLedger } from "../test-ledger.ts";
import { exportMonth } from "./export-month.ts";

/** The clocks of a zone by the runtime, not by the library that the ledger asks. */
function clockOf(timezone: string): (instant: Date) => string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "medium" });
  return (instant) => format.format(instant);
}

const ALL_ZONES = Intl.supportedValuesOf("timeZone");
const YEAR = Array.from({ length: 12 }, (_, index) => `2026-${String(index + 1).padStart(2, "0")}`);

test("in every time zone a month and its days begin with the first instant that its clocks call so", () => {
  const wrong = ALL_ZONES.flatMap((timezone) => {
    const clock = clockOf(timezone);
    const begins = (start: Date, day: string): boolean => clock(start).startsWith(day) && clock(new Date(start.getTime() - 1)) < day;
    return YEAR.flatMap((name) => {
      const { from, to } = boundMonth(name, timezone);
      const ends = clock(new Date(to.getTime() - 1)).startsWith(name) && !clock(to).startsWith(name);
      return begins(from, `${name}-01`) && ends ? [] : [`${name} in ${timezone}`];
    });
  });
  expect(wrong).toEqual([]);
});

/** Each with a month in which the clocks change; Lord Howe's by half an hour, Santiago's at midnight. */
const CHANGING = [
  ["Europe/Berlin", "2026-10"], ["Europe/Berlin", "2026-03"], ["America/New_York", "2026-11"], ["Australia/Lord_Howe", "2026-10"], ["America/Santiago", "2026-09"], ["Asia/Kathmandu", "2026-10"],
] as const;

describe("FOCUS periods where the clocks change", () => {
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  const lake = new FsStore(join(folder, "lake"));
  const source = join(folder, "source");

  beforeAll(async () => {
    const edges = CHANGING.flatMap(([timezone, name]) => {
      const month = boundMonth(name, timezone);
      const starts = daysOfMonth(month).map((day) => startOfDay(day, timezone));
      const changed = starts.filter((start, index) => index > 0 && start.getTime() - starts[index - 1]!.getTime() !== 86_400_000);
      return [month.from, new Date(month.to.getTime() - 1000), ...changed, ...changed.map((start) => new Date(start.getTime() - 1000))];
    });
    writeRequests(source, [...new Set(edges.map((at) => at.toISOString()))].map((at) => ({ at, by: "ann@example.com", dollars: 1 })));
    await runOnce(testLedger(new FsStore(source), lake));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(CHANGING)("%s, %s: days tile the month, from local midnight to local midnight", async (timezone, name) => {
    const ledger = testLedger(new FsStore(source), lake, { rules: { allocation: { ...NO_TEAMS, timezone } } });
    const { files } = await exportMonth(ledger, name);
    const month = boundMonth(name, timezone);
    const rows = await query(`SELECT DISTINCT BillingPeriodStart AS period_start, BillingPeriodEnd AS period_end, ChargePeriodStart AS day_start, ChargePeriodEnd AS day_end
      FROM read_csv('${folder}/lake/${files.csv}', header = true, all_varchar = true) ORDER BY day_start`) as Record<"period_start" | "period_end" | "day_start" | "day_end", string>[];
    const clock = clockOf(timezone);
    expect(rows.length).toBeGreaterThan(1);
    for (const { period_start, period_end, day_start, day_end } of rows) {
      expect([new Date(period_start), new Date(period_end)]).toEqual([month.from, month.to]);
      const [first, last] = [clock(new Date(day_start)), clock(new Date(Date.parse(day_end) - 1000))];
      expect(first.slice(0, 10)).toBe(last.slice(0, 10));
      expect(clock(new Date(Date.parse(day_start) - 1000)).slice(0, 10) < first.slice(0, 10) && clock(new Date(day_end)).slice(0, 10) > last.slice(0, 10)).toBe(true);
    }
  });
});
