import { beforeEach, expect, test } from "vitest";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { type AllocatedFigures, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { layout } from "../../src/lake/layout.ts";
import { parseDollars } from "../../src/ledger/money.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { query } from "../query.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close, correctedFigures, figuresOf } from "./closing.ts";

const [ANN, BOB, CAT] = ["ann@example.com", "bob@example.com", "cat@example.com"];

/** Rules that change in the middle of the month, shared costs, a discount: the invoice is spread over parts of all of them. */
const SETTINGS: AllocationSettings = {
  ...settingsOf({
    directory: {
      teams: [
        { name: "payments", members: [ANN, { member: BOB, from: "2026-10-15" }] },
        { name: "web", members: [ANN, { member: BOB, until: "2026-10-15" }] },
        { name: "platform", members: [CAT] },
      ],
    },
    allocation: {
      rules: [{ name: "both", when: { caller: ANN }, split: { payments: 75, web: 25 } }],
      pools: [{ name: "shared", when: { team: "platform" }, spread: "proportional" }],
      adjustments: [{ name: "committed use", when: {}, percent: -7, from: "2026-10-12" }],
    },
  }),
  trueUps: [{ month: "2026-10", amounts: [{ provider: "anthropic", model: "claude-opus-4-8", invoice: 41_000_000_007n }] }],
};

const REQUESTS: Asked[] = [
  ...[3, 9, 15, 21].map((day): Asked => ({ by: ANN, at: `2026-10-${String(day).padStart(2, "0")}T12:00:00Z`, dollars: 3.333333333, session: "s1", agent: "claude-cli/2" })),
  ...[10, 20].map((day): Asked => ({ by: BOB, at: `2026-10-${String(day)}T12:00:00Z`, dollars: 7.777777777, session: "s2", agent: "codex_cli_rs/1" })),
  { by: CAT, at: "2026-10-13T12:00:00Z", dollars: 5.000000001 },
  { by: "tag:a,tag:b", at: "2026-10-14T12:00:00Z", dollars: 1.000000003 },
  { by: ANN, at: "2026-11-02T12:00:00Z", dollars: 1 },
];
const LATE: Asked[] = [{ by: BOB, at: "2026-10-22T12:00:00Z", dollars: 2.000000001 }];
const INVOICE = 41_000_000_007n;

let folder: string;
let source: string;
let ledger: Ledger;

beforeEach(async () => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, REQUESTS);
  ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: SETTINGS } });
  await runOnce(ledger);
});

async function october(): Promise<ChargebackReport> {
  const reported = await reportMonth(ledger, "2026-10");
  if ("closed" in reported) throw new Error("October is closed");
  return reported.open.report;
}

function owedBy(figures: readonly AllocatedFigures[]): bigint {
  return figures.reduce((sum, one) => sum + (sumOwed(one).cost ?? 0n), 0n);
}

test("owes its invoice, and so do callers, tags, models and agents of its teams together", async () => {
  const { allocated, insights } = await october();
  expect(sumOwed(allocated).cost).toBe(INVOICE);
  for (const { figures, byCaller, byTag, byModel, byAgent } of insights.teams) {
    for (const rows of [byCaller, byTag, byModel, byAgent]) expect(owedBy(rows.map((row) => row.figures))).toBe(sumOwed(figures).cost ?? 0n);
  }
  expect(owedBy(insights.teams.map(({ figures }) => figures))).toBe(INVOICE);
});

test("is billed its invoice in the FOCUS export, team by team", async () => {
  const { insights } = await october();
  const billed = (await query(`SELECT coalesce(SubAccountName, '(unallocated)') AS team, sum(BilledCost)::DECIMAL(38,9)::VARCHAR AS billed FROM read_parquet('${folder}/${layout.report("2026-10", "focus.parquet")}') GROUP BY ALL`)) as { team: string; billed: string }[];
  const owed = insights.teams.filter(({ figures }) => figures.requests > 0n).map(({ team, figures }) => [team, sumOwed(figures).cost]);
  expect(Object.fromEntries(billed.map((row) => [row.team, parseDollars(row.billed)]))).toEqual(Object.fromEntries(owed));
});

test("stays as it was closed; what comes late is booked so that the invoice is owed, however it is spread by then", async () => {
  await close(ledger, "2026-10");
  expect((await runOnce(ledger)).corrections).toMatchObject({ corrected: [] });
  writeRequests(source, LATE);
  expect((await runOnce(ledger)).corrections).toMatchObject({ booking: "2026-11", corrected: ["2026-10"] });
  const whole = temporaryFolder();
  await runOnce(testLedger(new FsStore(source), new FsStore(whole), { rules: { allocation: SETTINGS } }));
  expect(await correctedFigures(folder, "2026-10", ["2026-11"])).toEqual(await figuresOf(whole, "2026-10"));
});
