import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { describeChargeback } from "../../src/cli/commands/describe-chargeback.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { writeRequests } from "../request-exports.ts";
import { query } from "../query.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

let source: string;
let folder: string;

beforeEach(() => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
});

async function ledgerUntil(...days: string[]): Promise<Ledger> {
  writeRequests(source, days.map((day) => ({ by: "ann@example.com", at: `${day}T12:00:00Z` })));
  const teams = [{ name: "red", members: ["*"] }];
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf({ timezone: "Europe/Berlin", directory: { teams } }) } });
  await runOnce(ledger);
  return ledger;
}

const pageOf = (file: string): string => (/<p class="status[^]*?<\/p>/.exec(readFileSync(join(folder, "reports/2026-10", file), "utf8"))?.[0] ?? "").replace(/<[^>]+>/g, "");
const jsonOf = (file: string): unknown => (JSON.parse(readFileSync(join(folder, "reports/2026-10", file), "utf8")) as { status: unknown }).status;

test("a month that the ledger does not know to its end is preliminary, on every page, in every JSON and on the terminal", async () => {
  const ledger = await ledgerUntil("2026-09-30", "2026-10-08");
  const reported = await reportMonth(ledger, "2026-10");
  if ("closed" in reported) throw new Error("closed");
  await teamChargebacks(ledger.stores.lake, reported.open.report, { all: true });
  const said = "Preliminary: month to date, data up to 9 October 2026, 02:59; 8 of 31 days of October 2026 are known (1 to 8). The figures will change.";
  expect([pageOf("chargeback.html"), pageOf("teams/red/chargeback.html")]).toEqual([said, said]);
  const status = { kind: "preliminary", data_until: "2026-10-09T00:59:59.000Z", known_days: { first: 1, last: 8, of: 31 } };
  expect([jsonOf("chargeback.json"), jsonOf("teams/red/chargeback.json")]).toEqual([status, status]);
  expect(describeChargeback(reported.open, [])).toContain(`status       ${said.replace("Preliminary", "preliminary")}`);
});

test("a month that is known to its end is complete, and open until it is closed", async () => {
  const ledger = await ledgerUntil("2026-09-30", "2026-10-31", "2026-11-01");
  await reportMonth(ledger, "2026-10");
  expect(pageOf("chargeback.html")).toBe("Complete and open: all 31 days of October 2026 are known. The figures change if exports come late or rules change, until the month is closed.");
  expect(jsonOf("chargeback.json")).toMatchObject({ kind: "complete", data_until: "2026-10-31T23:00:00.000Z" });
  await close(ledger, "2026-09");
  await close(ledger, "2026-10");
  await reportMonth(ledger, "2026-10");
  expect(pageOf("chargeback.html")).toMatch(
    /^Closed: by finance@example\.com on 1 June 2027 at 11:00 \(Europe\/Berlin\), close [0-9a-f]{16}\. The archive had no signed digest\. The figures are final, as they were closed\. What changes later is booked as corrections in later months\.$/,
  );
  expect(pageOf("teams/red/chargeback.html")).toMatch(/^Closed: /);
  expect(jsonOf("chargeback.json")).toMatchObject({ kind: "closed" });
});

test("summary.csv says in every line which month it is, in which currency, and how final; what is to book is owed and corrected", async () => {
  const ledger = await ledgerUntil("2026-09-29", "2026-10-08");
  await close(ledger, "2026-09");
  writeRequests(source, [{ by: "ann@example.com", at: "2026-09-30T12:00:00Z", dollars: 4 }]);
  await runOnce(ledger);
  await reportMonth(ledger, "2026-10");
  const lines = await query(`SELECT section, team, item, owed_usd, month, currency, status FROM read_csv('${folder}/reports/2026-10/summary.csv', all_varchar = true)`);
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter(({ month, currency, status }) => month !== "2026-10" || currency !== "USD" || status !== "preliminary")).toEqual([]);
  const booked = lines.filter(({ section }) => section === "corrections" || section === "to book").map(({ section, team, owed_usd: owed }) => [section, team, owed]);
  expect(booked).toEqual([
    ["corrections", null, "4.000000000"],
    ["to book", null, "5.000000000"],
    ["corrections", "red", "4.000000000"],
    ["to book", "red", "5.000000000"],
    ["to book", "(unallocated)", "0.000000000"],
  ]);
});
