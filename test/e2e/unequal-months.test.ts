import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

const ANN = "ann@example.com";
const TEAMS = { directory: { teams: [{ name: "red", members: [ANN] }, { name: "blue", cost_center: "B", members: ["bob@example.com"] }] } };

let source: string;
let folder: string;

beforeEach(() => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
});

/** A dollar a day for each caller, from the first day to the last. */
function daily(from: string, to: string, callers = [ANN], dollars = 1): Asked[] {
  const days: Asked[] = [];
  for (let day = Date.parse(from); day <= Date.parse(to); day += 86_400_000) days.push(...callers.map((by) => ({ by, at: new Date(day + 43_200_000).toISOString(), dollars })));
  return days;
}

/** The page as text, and the report as JSON. */
async function report(month: string, requests: readonly Asked[]): Promise<{ text: string; json: { change: Record<string, unknown> | null; comparison: unknown }; summary: string }> {
  writeRequests(source, requests);
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf(TEAMS) } });
  await runOnce(ledger);
  await reportMonth(ledger, month);
  const read = (file: string): string => readFileSync(join(folder, "reports", month, file), "utf8");
  const text = read("chargeback.html").replace(/<style[^]*?<\/style>|<svg[^]*?<\/svg>/g, "").replaceAll("&nbsp;", " ").replace(/<[^>]+>/g, " ").replace(/[\s\u00A0]+/g, " ");
  return { text, json: (JSON.parse(read("chargeback.json")) as { insights: never }).insights, summary: read("summary.csv") };
}

test("a month of nine days is compared with the same nine days of the month before", async () => {
  const { text, json, summary } = await report("2026-11", [...daily("2026-10-01", "2026-10-31"), ...daily("2026-11-01", "2026-11-09", [ANN, "bob@example.com"])]);
  expect(json.comparison).toEqual({ basis: "days", days: { first: 1, last: 9 }, known_days: { now: { first: 1, last: 9, of: 30 }, before: { first: 1, last: 31, of: 31 } } });
  expect(json.change).toMatchObject({ month: "2026-10", days: { first: 1, last: 9 }, before_usd: "9.000000000", now_usd: "18.000000000", difference_usd: "9.000000000" });
  expect(text).toContain("The amount owed for 1 to 9 November 2026 is $9.00 more than for 1 to 9 October 2026 (+100.0 %)");
  expect(text).toContain("9 of 30 days of November 2026 are known (1 to 9), all 31 days of October 2026 are known.");
  expect(text).toContain("Change, days 1 to 9");
  expect(text).toMatch(/Total \$18\.00 \+\$9\.00/);
  expect(summary).toMatch(/change,,difference|change,,now,"against 2026-10, days 1 to 9"/);
});

test("a whole month after half of one is compared by the days that both have", async () => {
  const { text, json } = await report("2026-10", [...daily("2026-09-16", "2026-09-30"), ...daily("2026-10-01", "2026-11-01")]);
  expect(json.change).toMatchObject({ days: { first: 16, last: 30 }, before_usd: "15.000000000", now_usd: "15.000000000" });
  expect(text).toContain("The amount owed for 16 to 30 October 2026 is the same as for 16 to 30 September 2026");
});

test("months that are known whole are compared whole", async () => {
  const { text, json } = await report("2026-10", [...daily("2026-08-31", "2026-09-30"), ...daily("2026-10-01", "2026-11-01")]);
  expect(json.comparison).toMatchObject({ basis: "months", known_days: { now: { of: 31 }, before: { of: 30 } } });
  expect(json.change).toMatchObject({ days: null, before_usd: "30.000000000", now_usd: "31.000000000" });
  expect(text).toContain("The amount owed is $1.00 more than in September 2026");
  expect(text).toContain("All 31 days of October 2026 are known, all 30 days of September 2026 are known.");
});

test("months without a day in common are not compared, and the page says why", async () => {
  const { text, json } = await report("2026-10", [...daily("2026-09-20", "2026-09-30"), ...daily("2026-10-01", "2026-10-05")]);
  expect([json.change, json.comparison]).toMatchObject([null, { basis: "none" }]);
  expect(text).toContain("October 2026 is not compared with September 2026: 5 of 31 days of October 2026 are known (1 to 5), and 11 of 30 days of September 2026 are known (20 to 30). No day is known of both.");
  expect(text).not.toMatch(/more than|less than/);
});

test("days of a closed month before are compared as they were closed, without what came later", async () => {
  const october = daily("2026-10-01", "2026-10-31").filter(({ at }) => !at.startsWith("2026-10-03"));
  await report("2026-10", [...october, ...daily("2026-11-01", "2026-11-09")]);
  await close(testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf(TEAMS) } }), "2026-10");
  const { json } = await report("2026-11", [{ by: ANN, at: "2026-10-03T12:00:00Z", dollars: 50 }]);
  expect(json.change).toMatchObject({ days: { first: 1, last: 9 }, before_usd: "8.000000000", now_usd: "9.000000000" });
});
