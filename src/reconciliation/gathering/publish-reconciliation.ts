import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import { formatDollars } from "../../ledger/money.ts";
import type { ReconciledClose } from "./read-as-closed.ts";
import { layout } from "../../lake/layout.ts";
import { describeReconciliation, listVariances, type Variance } from "../comparison/describe-reconciliation.ts";
import type { Reconciliation } from "../comparison/reconciliation.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

const TEXT_COLUMNS = ["provider", "gateway", "model", "cause", "evidence"] as const;

const COLUMNS: readonly CsvColumn<Variance>[] = (
  [
    "date", "provider", "gateway", "model", "token_type", "bill_tokens", "ledger_tokens", "difference_tokens", "difference_tokens_percent",
    "bill_usd", "ledger_usd", "difference_usd", "difference_usd_percent", "cause", "evidence",
  ] as const
).map((name) => ({ name, read: (row) => (TEXT_COLUMNS.some((text) => text === name) ? neutralise(row[name] ?? "") : (row[name] ?? "")) }));

/** Writes the reconciliation next to the month's report; returns the keys. */
export async function publishReconciliation(lake: ObjectStore, reconciliation: Reconciliation, closed: ReconciledClose | null): Promise<{ csv: string; json: string }> {
  const { month } = reconciliation;
  const keys = { csv: layout.report(month, "reconciliation.csv"), json: layout.report(month, "reconciliation.json") };
  await lake.replace(keys.csv, Buffer.from(writeCsv(COLUMNS, listVariances(reconciliation))));
  await lake.replace(keys.json, Buffer.from(renderReconciliationJson(reconciliation, closed)));
  return keys;
}

/** The file of an open month has no member `closed`. */
export function renderReconciliationJson(reconciliation: Reconciliation, closed: ReconciledClose | null, extra: Record<string, unknown> = {}): string {
  const asClosed = closed === null ? {} : { closed: closeToJson(closed) };
  return `${JSON.stringify({ ...describeReconciliation(reconciliation), ...asClosed, ...extra }, null, 1)}\n`;
}

function closeToJson({ record: { id, closed_at, closed_by }, doubtful, corrections }: ReconciledClose): object {
  return {
    id,
    closed_at,
    closed_by,
    rebuilt_days: doubtful.rebuilt,
    days_as_now: doubtful.asNow,
    corrections: corrections.map(({ booking, owed, rows }) => ({ booked_in: booking, owed_usd: formatDollars(owed), rows })),
  };
}
