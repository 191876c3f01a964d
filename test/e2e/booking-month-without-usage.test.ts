import type { LedgerChanges } from "../change-ledger.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { diffMonths } from "../../src/chargeback/diff-months.ts";
import { type OpenReport, reportMonth } from "../../src/chargeback/report-month.ts";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { explainTeam } from "../../src/allocation/explain-team.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { describeChargeback } from "../../src/cli/commands/describe-chargeback.ts";
import type { ReportFormat } from "../../src/chargeback/report/render-report.ts";
import { handleMonthlyChargeback } from "../../jobs/monthly-chargeback.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { contentsOf } from "../keys-of.ts";
import { query } from "../query.ts";
import { recordWrites } from "../hooked-store.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { bookedIn, close, correctedFigures, figuresOf } from "./closing.ts";

let source: string;
let folder: string;
let lake: FsStore;

const places: string[] = [];
afterAll(() => {
  for (const place of places) rmSync(place, { recursive: true, force: true });
});

/** September is closed, $7.25 of it came late, and October has nothing yet. */
async function prepare(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  places.push(place);
  [source, folder] = [join(place, "source"), join(place, "lake")];
  lake = new FsStore(folder);
  await ask({ by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 3 });
  await close(ledger(), "2026-09");
  await ask({ by: "bob@example.com", at: "2026-09-11T12:00:00Z", dollars: 7.25 });
}

function ledger(changes: LedgerChanges = {}, timezone = "UTC"): Ledger {
  const teams = [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }];
  return testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf({ timezone, directory: { teams } }) }, work: { clock: () => new Date("2026-11-02T06:00:00Z") } }, changes);
}

async function ask(...requests: Asked[]): Promise<void> {
  writeRequests(source, requests);
  await runOnce(ledger());
}

async function report(month: string): Promise<OpenReport> {
  const reported = await reportMonth(ledger(), month);
  if ("closed" in reported) throw new Error(`${month} is closed`);
  return reported;
}

describe("a month that has corrections and no usage yet", () => {
  beforeAll(prepare);

  test("has a report in every format, with nothing in it but them", async () => {
    expect((await runOnce(ledger())).corrections).toEqual({ booking: "2026-10", corrected: ["2026-09"], changed: false });
    const { open, focus } = await report("2026-10");
    const read = async (format: ReportFormat): Promise<string> => Buffer.from(await lake.read(open.files[format])).toString();
    const json = JSON.parse(await read("json")) as Record<string, unknown> & { insights: object; total: object };
    expect(json).toMatchObject({ corrections_owed_usd: "7.250000000", total: { requests: 0, owed_usd: "0.000000000" }, insights: { change: null, days: [] } });
    expect((await read("corrections")).split("\n").slice(1)).toEqual([expect.stringMatching(/^2026-09,late_export,.*,web,.*7\.250000000/), ""]);
    expect((await read("csv")).trim().split("\n")).toHaveLength(1);

    const page = await read("html");
    expect(page).toMatch(/To book for the month so far<\/span> <strong>.*\$7\.25</);
    expect(page).toContain("The ledger has no usage in October 2026 yet");
    expect(page).not.toMatch(/NaN|Infinity|undefined|\d %/);
    expect(describeChargeback(open, [])).toEqual(expect.arrayContaining(["chargeback   2026-10 in UTC, 0 requests", "to book      $7.25: owed and corrections"]));

    expect(focus.rows).toBe(1);
    const rows = await query(`SELECT BilledCost::DECIMAL(18,9)::VARCHAR AS billed, ChargeClass AS class, SubAccountName AS team, BillingPeriodStart::TIMESTAMP::VARCHAR AS period FROM '${folder}/${focus.files.parquet}'`);
    expect(rows).toEqual([{ billed: "7.250000000", class: "Correction", team: "web", period: "2026-10-01 00:00:00" }]);
  });

  test("has pages of its teams, is written once, and leaves nothing behind that a run would take away", async () => {
    const { open } = await report("2026-10");
    const teams = await teamChargebacks(lake, open.report, { all: true });
    expect(teams.map(({ team }) => team)).toEqual(["(unallocated)", "web"]);
    const web = Buffer.from(await lake.read(teams[1]!.files.html)).toString();
    expect(web).toMatch(/To book for the month so far<\/span>\s*<strong>.*\$7\.25</);
    expect(web).not.toMatch(/NaN|Infinity|undefined/);
    const { store, writes } = recordWrites(lake);
    await reportMonth(ledger({ stores: { lake: store } }), "2026-10");
    await runOnce(ledger({ stores: { lake: store } }));
    expect(writes).toEqual([]);
  });

  test("is reported by the monthly job, which reports the month before the one that the clock is in", async () => {
    const told = await handleMonthlyChargeback({}, { openLedger: () => Promise.resolve(ledger()), timezone: "UTC", clock: () => new Date("2026-11-01T06:00:00Z") } as never);
    expect(told).toMatchObject({ month: "2026-10", files: { html: "reports/2026-10/chargeback.html" }, focus: { files: { csv: "reports/2026-10/focus.csv" } } });
  });

  test("is told apart from a month that has nothing at all, by report, diff and explain", async () => {
    await expect(report("2026-11")).rejects.toMatchObject({ code: "month_empty" });
    await expect(diffMonths(ledger(), "2026-10", "2026-11")).rejects.toMatchObject({ code: "month_empty", message: expect.stringContaining("2026-11") as string });
    expect((await diffMonths(ledger(), "2026-09", "2026-10")).total).toMatchObject({ was: 3_000_000_000n, is: 0n });
    const explained = explainTeam(ledger(), "2026-10", "web", 0);
    await expect(explained).rejects.toMatchObject({ code: "month_empty", message: "there is no usage in 2026-10, only corrections of closed months", remedy: expect.stringContaining("chargeback --month 2026-10") as string });
    await expect(explainTeam(ledger(), "2026-11", "web", 0)).rejects.toMatchObject({ message: expect.not.stringContaining("corrections") as string });
  });

});

describe("a month that had corrections and no usage", () => {
  beforeEach(prepare);

  test("is such a month too where days of it are built that belong to the month before by local clocks", async () => {
    const berlin = { rules: { allocation: ledger({}, "Europe/Berlin").rules.allocation } };
    writeRequests(source, [{ by: "bob@example.com", at: "2026-09-30T21:00:00Z", dollars: 1 }]);
    await runOnce(ledger(berlin));
    const reported = await reportMonth(ledger(berlin), "2026-10");
    expect("open" in reported && [reported.open.report.total.requests, reported.open.report.corrections.length > 0]).toEqual([0n, true]);
    expect((await close(ledger(berlin), "2026-10")).record.totals).toMatchObject({ owed_usd: "0.000000000", teams: [{ team: "(unallocated)" }] });
  });

  test("can be closed: then they are settled, its files stand, and usage that comes later is a correction of it", async () => {
    const { open } = await report("2026-10");
    // What a page says of how final it is changes with the close, and nothing else.
    const read = async (): Promise<string> => Buffer.from(await lake.read(open.files.html)).toString().replace(/<p class="status[^]*?<\/p>/, "").replace(" so far</span>", "</span>");
    const page = await read();
    await close(ledger(), "2026-10");
    const reported = await reportMonth(ledger(), "2026-10");
    expect("closed" in reported && reported.closed.files.length).toBeGreaterThan(5);
    expect(await read()).toBe(page);

    const { store, writes } = recordWrites(lake);
    await runOnce(ledger({ stores: { lake: store } }));
    expect(writes).toEqual([]);
    await ask({ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 2 });
    expect((await bookedIn(folder, "2026-11")).map(({ corrects, cause, team, difference }) => [corrects, cause, team, difference])).toEqual([["2026-10", "late_export", "payments", "2.000000000"]]);
    const whole = temporaryFolder();
    await runOnce(ledger({ stores: { lake: new FsStore(whole), archive: new FsStore(whole) } }));
    expect(await correctedFigures(folder, "2026-10", ["2026-11"])).toEqual(await figuresOf(whole, "2026-10"));
    expect(await correctedFigures(folder, "2026-09", ["2026-10"])).toEqual(await figuresOf(whole, "2026-09"));
  });

  test("loses its report with its corrections when a later month has the first usage: nobody books them twice", async () => {
    const { open } = await report("2026-10");
    await teamChargebacks(lake, open.report, { all: true });
    await ask({ by: "ann@example.com", at: "2026-11-01T12:00:00Z", dollars: 2 });
    expect(await bookedIn(folder, "2026-11")).toHaveLength(1);
    expect(Object.keys(await contentsOf(lake, "reports/2026-10/"))).toEqual([]);
    await expect(report("2026-10")).rejects.toMatchObject({ code: "month_empty" });
  });
});
