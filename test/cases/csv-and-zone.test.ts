import { expect, test } from "vitest";
import { openReporting } from "../../src/cli/commands/chargeback.ts";
import { loadSettings } from "../../src/config/reading/settings.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { query } from "../query.ts";
import { describeCases } from "./case-files.ts";
import { runCase } from "./case-ledger.ts";

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

describeCases("files of a month in Berlin, for people and for machines", (all) => {
  test("CSV files for people begin with a byte order mark, focus.csv does not; October is all requests, billed from its first midnight in Berlin", async () => {
    const { lake, config } = await runCase("csv-and-zone");
    const ledger = await openReporting(await loadSettings({ config }), () => new Date());
    const reported = await reportMonth(ledger, "2026-10");
    if ("closed" in reported) throw new Error("nobody closed it");
    const { open, focus } = reported;
    const teams = await teamChargebacks(ledger.stores.lake, open.report, { all: true });

    const { csv, teams: byTeam, summary, corrections } = open.files;
    for (const key of [csv, byTeam, summary, corrections, ...teams.map(({ files }) => files.csv)]) {
      const bytes = Buffer.from(await ledger.stores.lake.read(key));
      expect([key, bytes.subarray(0, 3), bytes.indexOf(MARK, 1)]).toEqual([key, MARK, -1]);
    }
    const machine = Buffer.from(await ledger.stores.lake.read(focus.files.csv ?? "")).toString();
    expect(machine).toMatch(/^BilledCost,/);
    for (const other of [open.files.html, open.files.json]) expect(Buffer.from(await ledger.stores.lake.read(other)).includes(MARK)).toBe(false);

    expect(open.report.total.requests).toBe(BigInt(all["csv-and-zone"]!.requests!));
    const periods = await query(`SELECT DISTINCT BillingPeriodStart AS start, BillingPeriodEnd AS "end" FROM read_csv('${lake}/${focus.files.csv}', header = true, all_varchar = true)`);
    expect(periods).toEqual([{ start: "2026-09-30T22:00:00Z", end: "2026-10-31T23:00:00Z" }]);
  });
});
