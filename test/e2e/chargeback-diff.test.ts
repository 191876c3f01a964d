import { beforeEach, expect, test } from "vitest";
import { type CauseOfDifference, diffMonths } from "../../src/chargeback/diff-months.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { describeDiff } from "../../src/cli/commands/chargeback-diff.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

const TEAMS: Written = { directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } };
const MOVED: Written = { directory: { teams: [{ name: "payments", members: ["ann@example.com", "bob@example.com"] }] } };

let source: string;
let lake: FsStore;

beforeEach(async () => {
  [source, lake] = [temporaryFolder(), new FsStore(temporaryFolder())];
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 3 },
    { by: "bob@example.com", at: "2026-09-20T12:00:00Z", dollars: 5 },
    { by: "bob@example.com", at: "2026-10-20T12:00:00Z", dollars: 4, model: "anthropic/claude-sonnet-4-6" },
  ]);
  await runOnce(ledgerWith(TEAMS));
});

function ledgerWith(written: Written): Ledger {
  return testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf(written) } });
}

test("identical states say so", async () => {
  await close(ledgerWith(TEAMS), "2026-09");
  const diff = await diffMonths(ledgerWith(TEAMS), "2026-09@closed", "2026-09@now");
  expect(diff.isSame).toBe(true);
  expect(describeDiff(diff)).toEqual([expect.stringContaining("are the same") as string]);
});

test("a closed month and what it is now differ by their causes, which add up", async () => {
  const { record } = await close(ledgerWith(TEAMS), "2026-09");
  writeRequests(source, [{ by: "ann@example.com", at: "2026-09-12T12:00:00Z", dollars: 7 }]);
  await runOnce(ledgerWith(MOVED));
  const diff = await diffMonths(ledgerWith(MOVED), "2026-09", "2026-09@now");
  expect(diff.a).toEqual({ month: "2026-09", view: "closed", close: record });
  expect(describeDiff(diff)[1]).toBe(`closed       2026-09 as closed on 2027-06-01 by finance@example.com (${record.id})`);
  expect(diff.total).toMatchObject({ was: 8_000_000_000n, is: 15_000_000_000n, difference: 7_000_000_000n, requestsDifference: 1_000_000_000n });
  expect(diff.byCause.map(({ cause, difference }) => [cause, difference])).toEqual([["late_export", 7_000_000_000n], ["directory_change", 0n]]);
  expect(diff.byTeam.map(({ key, difference }) => [key, difference])).toEqual([[["payments"], 12_000_000_000n], [["web"], -5_000_000_000n]]);
  expect(diff.byCaller.map(({ key, difference }) => [key, difference])).toEqual([[["ann@example.com"], 7_000_000_000n]]);
  expect((await diffMonths(ledgerWith(MOVED), "2026-09@corrected", "2026-09@now")).isSame).toBe(true);
  const back = await diffMonths(ledgerWith(MOVED), "2026-09@corrected", "2026-09@closed");
  expect(sum(back.byCause)).toBe(back.total.difference);
  expect(back.total.difference).toBe(-7_000_000_000n);
});

test("also by what was booked in months that are closed since", async () => {
  await close(ledgerWith(TEAMS), "2026-09");
  writeRequests(source, [{ by: "ann@example.com", at: "2026-09-12T12:00:00Z", dollars: 7 }]);
  await runOnce(ledgerWith(TEAMS));
  await close(ledgerWith(TEAMS), "2026-10");
  writeRequests(source, [{ by: "ann@example.com", at: "2026-09-13T12:00:00Z", dollars: 1 }]);
  const now = await runOnce(ledgerWith(TEAMS));
  expect(now.corrections?.booking).toBe("2026-11");
  const diff = await diffMonths(ledgerWith(TEAMS), "2026-09@closed", "2026-09@corrected");
  expect(diff.byCause.map(({ difference }) => difference)).toEqual([7_000_000_000n, 1_000_000_000n]);
  expect(diff.total.difference).toBe(8_000_000_000n);
});

test("two months differ by team and by model", async () => {
  const diff = await diffMonths(ledgerWith(TEAMS), "2026-09", "2026-10");
  expect(diff.total).toMatchObject({ was: 8_000_000_000n, is: 4_000_000_000n });
  expect(diff.byModel.map(({ key, difference }) => [key.join(" "), difference])).toEqual([
    ["anthropic claude-opus-4-8", -8_000_000_000n],
    ["anthropic claude-sonnet-4-6", 4_000_000_000n],
  ]);
  expect([diff.byCause, diff.byCaller]).toEqual([[], []]);
  expect(describeDiff(diff)).toContain("owed               -$4.00  was $8.00, is $4.00, -1 requests");
});

test.each([["2026-09", "2025-09"], ["2025-08", "2025-09@now"]])("%s and %s: a month without usage is no figure to compare with", async (one, other) => {
  await expect(diffMonths(ledgerWith(TEAMS), one, other)).rejects.toMatchObject({ code: "month_empty", message: expect.stringMatching(/no usage in 2025-0[89]/) as string });
});

test.each([["2026-09@then", "is not a state"], ["2026-09@closed", "2026-09 is not closed"], ["September", "is not a month"]])("%s is a mistake in the call", async (state, message) => {
  await expect(diffMonths(ledgerWith(TEAMS), state, "2026-09")).rejects.toMatchObject({ code: "usage", message: expect.stringContaining(message) as string });
});

function sum(causes: readonly CauseOfDifference[]): bigint {
  return causes.reduce((all, { difference }) => all + difference, 0n);
}
