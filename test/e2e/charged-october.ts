import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach } from "vitest";
import { type AllocatedFigures, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { configSchema } from "../../src/config/config.ts";
import { loadTrueUps } from "../../src/lake/records/kept-true-ups.ts";
import type { ExchangeRate } from "../../src/ledger/exchange-rate.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { reconcileMonth, type ReconciledMonth } from "../../src/reconciliation/reconcile-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { NO_PRICES } from "../no-prices.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { madeOnce, temporaryFolder, testLedger } from "../test-ledger.ts";

/*
 * October 2026 of a company, by hand. Metered: ann 12 and bob 18 dollars of Opus, bob 6 of Haiku. On seats, by list: cat 40, ann 2.
 *
 *   seats        cat and dan the whole month, ann from the 17th (15 of 31 days): 25 x 77 / 31 = 62.0967…, so 62.10
 *   commitment   20 dollars of Opus: it pays 20 of the 30, ann's 8 and bob's 12, and is spread 12 to 18: 8 and 12
 *   owed         usage 36 - 20 = 16, charges 62.10 + 20 = 82.10, in all 98.10
 *   invoice      Opus 10.00, Haiku 6.60 (a tenth dearer), seats 62.10, commitment 20.00, code execution 3.26: 101.96
 */
export const [ANN, BOB, CAT, DAN] = ["ann@example.com", "bob@example.com", "cat@example.com", "dan@example.com"];
const HAIKU = "anthropic/claude-haiku-4-5";
const REQUESTS: Asked[] = [
  { by: ANN, at: "2026-10-05T12:00:00Z", dollars: 12, session: "s1", agent: "claude-cli/2" },
  { by: BOB, at: "2026-10-10T12:00:00Z", dollars: 18, session: "s2", agent: "codex_cli_rs/1" },
  { by: BOB, at: "2026-10-12T12:00:00Z", dollars: 6, model: HAIKU },
  { by: CAT, at: "2026-10-07T12:00:00Z", dollars: 40, model: "claude-seats/claude-opus-4-8" },
  { by: ANN, at: "2026-10-20T12:00:00Z", dollars: 2, model: "claude-seats/claude-opus-4-8" },
];
export const SEATS = { name: "Claude seats", kind: "seats", provider: "anthropic", price: 25, people: [CAT, DAN, { member: ANN, from: "2026-10-17" }], when: { provider: "claude-seats" }, line: "Claude Team*" };
export const COMMITMENT = { name: "Opus commitment", kind: "commitment", provider: "anthropic", amount: "$20", when: { provider: "anthropic", model: "claude-opus-*" } };
export const LINES = [
  "2026-10-05,anthropic,claude-opus-4-8,input,100,0",
  "2026-10-05,anthropic,claude-opus-4-8,output,10,0",
  "2026-10-10,anthropic,claude-opus-4-8,input,100,4",
  "2026-10-10,anthropic,claude-opus-4-8,output,10,6",
  "2026-10-12,anthropic,claude-haiku-4-5,input,100,2.20",
  "2026-10-12,anthropic,claude-haiku-4-5,output,10,4.40",
  "2026-10-01,anthropic,Claude Team October,other,,62.10",
  "2026-10-01,anthropic,Opus commitment,other,,20",
  "2026-10-15,anthropic,Code execution,other,,3.26",
];

export let source: string;
export let folder: string;
export let lake: FsStore;

const ingested = madeOnce(async (place) => {
  writeRequests(join(place, "source"), REQUESTS);
  settleAt(place);
  await runOnce(await ledgerWith([]));
});

function settleAt(place: string): void {
  [source, folder] = [join(place, "source"), join(place, "lake")];
  lake = new FsStore(folder);
}

export async function ledgerWith(charges: readonly object[], more: object = {}): Promise<Ledger> {
  const config = configSchema.parse({
    directory: { teams: [{ name: "payments", cost_center: "CC-1", members: [ANN, DAN] }, { name: "web", members: [BOB, CAT] }] },
    charges,
    ...more,
  });
  const normalisingAt = (instance: string) => ({ instance, gateway: [], dimensions: new Map(), billing: [{ provider: "claude-seats", billing: "subscription", from: null } as const] });
  return testLedger(new FsStore(source), lake, { rules: { normalisingAt, allocation: allocationSettings(config, [], await loadTrueUps(lake)) } });
}

export async function october(ledger: Ledger): Promise<ChargebackReport> {
  const reported = await reportMonth(ledger, "2026-10");
  if ("closed" in reported) throw new Error("October is closed");
  return reported.open.report;
}

/** Compares October with a bill of these lines. */
export async function bring(lines: readonly string[] = LINES, { columns = "cost_usd", rates = [], times = 1 }: { columns?: string; rates?: readonly ExchangeRate[]; times?: number } = {}): Promise<ReconciledMonth> {
  const bill = join(temporaryFolder(), "bill.csv");
  writeFileSync(bill, [`date,provider,model,token_type,tokens,${columns}`, ...lines].join("\n"));
  const known = [{ provider: "anthropic", name: "Claude seats", isLine: (line: string) => line.startsWith("Claude Team") }, { provider: "anthropic", name: "Opus commitment", isLine: (line: string) => line === "Opus commitment" }];
  return await reconcileMonth(lake, { month: "2026-10", timezone: "UTC", bills: Array.from({ length: times }, () => bill), kept: "without kept bills", workspaces: new Map(), models: new Map(), providers: new Map(), prices: NO_PRICES, charges: known, rates });
}

export const BOOKED = { madeAt: new Date("2026-11-03T00:00:00Z"), madeBy: "finance@example.com" };

/** Each provider's invoice, and what it is made of. */
export function partsOfInvoices({ insights: { invoices = [] } }: ChargebackReport): unknown[] {
  return invoices.map(({ provider, invoice, usage, charges, explained, unexplained, owed: all }) => [
    provider, ...[invoice, usage, charges].map(dollars), Object.fromEntries(explained.map(({ cause, amount }) => [cause, dollars(amount)])), dollars(unexplained), dollars(all),
  ]);
}

/** Two decimals, or nine where they are not zero. */
export function dollars(amount: bigint | null | undefined): string {
  return amount === null || amount === undefined ? "none" : formatDollars(amount).replace(/0{7}$/, "");
}

export function owedByTeam({ byTeam }: ChargebackReport): Record<string, string> {
  return Object.fromEntries(byTeam.map(({ key, figures }) => [key.team, dollars(sumOwed(figures).cost)]));
}

/** Gives each test of a file its own copy of October. */
export function beginOctober(): void {
  beforeEach(async () => settleAt(await ingested()));
}

export function owed(figures: readonly AllocatedFigures[]): bigint {
  return figures.reduce((sum, one) => sum + (sumOwed(one).cost ?? 0n), 0n);
}

/** The test goes on with an empty lake. */
export function beginLake(place: string): void {
  lake = new FsStore(place);
}
