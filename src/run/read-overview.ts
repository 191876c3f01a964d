import { loadLedgerState } from "../lake/ledger-state.ts";
import { ascending } from "../ledger/orders.ts";
import { LedgerError } from "../ledger/errors.ts";
import { PRODUCT_VERSION } from "../ledger/product-version.ts";
import type { Ledger } from "../open/ledger.ts";
import type { SpendingReader } from "./keep-spending.ts";
import { findLastVerification, type KnownVerification } from "./last-verification.ts";
import { findLastReport, listReportKeys, type StoredReport } from "./last-report.ts";
import { type LedgerStatus, readLedgerStatus } from "./ledger-status.ts";
import { readSpending, type Spending } from "./read-spending.ts";

/** The time of the newest ingested export of a gateway; null where it has none. */
export interface NewestExport {
  instance: string;
  time: string | null;
}

/** The state of the ledger at a glance, for `status` and for the worker's home page. */
export interface Overview {
  version: string;
  /** When it was read. */
  at: Date;
  status: LedgerStatus;
  /** By gateway, the configured ones and those of the lake. */
  newest: NewestExport[];
  /** A problem where spend cannot be read, such as a budget over an unknown team or a lost table. */
  spending: Spending | { problem: string };
  lastReport: StoredReport | null;
  lastVerification: KnownVerification | null;
}

/**
 * Reads everything that `status` says. Writes nothing.
 * @param read how spend is read: a worker keeps it between readings. @param publicKey the archive's, which shows who recorded a verification.
 */
export async function readOverview(ledger: Ledger, read: SpendingReader = readSpending, publicKey = ledger.work.archiving.signingKey?.publicKey): Promise<Overview> {
  const { stores: { lake, archive, sources }, work: { clock } } = ledger;
  const at = clock();
  const state = await loadLedgerState(lake);
  const status = await readLedgerStatus(ledger, state);
  const newest = new Map<string, string | null>(sources.map(({ instance }) => [instance, null]));
  for (const { instance, time } of state.exports.values()) {
    const known = newest.get(instance) ?? null;
    newest.set(instance, known === null || time > known ? time : known);
  }
  return {
    version: PRODUCT_VERSION,
    at,
    status,
    newest: [...newest].map(([instance, time]) => ({ instance, time })).sort((a, b) => ascending(a.instance, b.instance)),
    spending: await read(ledger, [...state.days.values()], at).catch(toProblem),
    lastReport: await findLastReport(lake, await listReportKeys(lake)),
    lastVerification: await findLastVerification(lake, archive, publicKey),
  };
}

/** A mistake in the budgets or a lost table must not hide the rest; where a store does not answer, nothing can be said. */
function toProblem(error: unknown): { problem: string } {
  if (error instanceof LedgerError && !error.retryable) return { problem: error.message };
  throw error;
}
