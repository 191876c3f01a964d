import { reportMonth } from "../../src/chargeback/report-month.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { type Recipe, copyBuilt } from "../built-lakes.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { changeLedger } from "../change-ledger.ts";
import { budgetOf, DOLLAR } from "../limits/spent.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

/** Ten of October's 31 days are over. */
export const NOW = new Date("2026-10-11T00:00:00Z");

const DAYS = Array.from({ length: 10 }, (_, index) => `2026-10-${String(index + 1).padStart(2, "0")}`);

/** $3 a day by payments, $2 a day by web, and one request without a price: $50 in all, $45 after the discount. */
const REQUESTS = [
  ...DAYS.flatMap((day): Asked[] => [
    { by: "ann@example.com", at: `${day}T08:00:00Z`, dollars: 3 },
    { by: "bob@example.com", at: `${day}T09:00:00Z`, dollars: 2 },
  ]),
  { by: "ann@example.com", at: "2026-10-10T10:00:00Z", dollars: null, model: "acme/unknown" },
];

const ALLOCATION = settingsOf({
  directory: { teams: [{ name: "payments", owner: "olga@example.com", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] },
  allocation: { adjustments: [{ name: "committed", when: {}, percent: -10 }] },
});

const BUDGETS = [budgetOf({ name: "company", amount: 200n * DOLLAR, scope: new Map() }), budgetOf({ name: "web", amount: 15n * DOLLAR, scope: new Map([["team", "web"]]) })];

/** Nothing waits at the source: everything was ingested, and its exporter has removed it. */
function ledgerAt(folder: string, source = temporaryFolder()): Ledger {
  return testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: ALLOCATION, budgets: () => BUDGETS }, work: { clock: () => NOW } });
}

async function build(folder: string, source: string): Promise<Ledger> {
  writeRequests(source, REQUESTS);
  const ledger = ledgerAt(folder, source);
  await runOnce(ledger);
  return ledger;
}

const INPUTS = [JSON.stringify(REQUESTS), NOW.toISOString()];

const COMPANY: Recipe = { name: "a small company, ingested", inputs: INPUTS, build: async (folder) => void (await build(folder, temporaryFolder())) };

const REPORTED: Recipe = {
  name: "a small company with the pages of its teams",
  inputs: INPUTS,
  build: async (folder) => {
    const ledger = await build(folder, temporaryFolder());
    await reportMonth(changeLedger(ledger, { rules: { report: { ...ledger.rules.report, everyTeam: true } } }), "2026-10");
  },
};

/** A small company's ledger on a copy of its own. @param isReported whether October is reported, with a page of each team. */
export async function companyLedger({ isReported = false } = {}): Promise<Ledger> {
  const folder = temporaryFolder();
  await copyBuilt(isReported ? REPORTED : COMPANY, folder);
  return ledgerAt(folder);
}
