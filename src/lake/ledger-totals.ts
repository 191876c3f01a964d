import { requireDollars } from "../ledger/dollars.ts";
import { formatDollars, type Nanodollars } from "../ledger/money.ts";
import type { DayManifest, DayTotals } from "./days/day-manifest.ts";
import type { KnownExport } from "./ledger-state.ts";

export interface LedgerTotals {
  /** Always `accepted + quarantined = read`; duplicates are among the accepted. */
  records: { read: number; accepted: number; quarantined: number; duplicates: number };
  totals: DayTotals;
  /** Requests that share an identifier with another request of their day. */
  identifiersUsedAgain: number;
  /** Exports that could not be read completely: the totals lack their remaining records. */
  damaged: number;
}

/** Totals of the whole ledger, from its manifests. */
export function sumLedger(exports: Iterable<KnownExport>, days: Iterable<DayManifest>): LedgerTotals {
  const records = { read: 0, accepted: 0, quarantined: 0, duplicates: 0 };
  const totals = { requests: 0, cost_usd: "", unpriced_requests: 0 };
  let identifiersUsedAgain = 0;
  let damaged = 0;
  for (const known of exports) {
    records.read += known.records.read;
    records.accepted += known.records.accepted;
    records.quarantined += known.records.quarantined;
    if (known.damaged) damaged++;
  }
  let cost = 0n;
  for (const day of days) {
    records.duplicates += day.duplicates;
    identifiersUsedAgain += day.identifiers_used_again;
    totals.requests += day.totals.requests;
    totals.unpriced_requests += day.totals.unpriced_requests;
    cost += costOfDay(day);
  }
  return { records, totals: { ...totals, cost_usd: formatDollars(cost) }, identifiersUsedAgain, damaged };
}

/** Total cost of a day's requests. */
export function costOfDay({ date, instance, totals }: Pick<DayManifest, "date" | "instance" | "totals">): Nanodollars {
  return requireDollars(totals.cost_usd, {
    what: `the total of ${date} of ${instance}`,
    code: "manifest_unreadable",
    remedy: "restore the day's manifest, or delete it: the day is then built again",
  });
}
