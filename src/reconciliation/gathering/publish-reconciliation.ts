import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
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
export async function publishReconciliation(lake: ObjectStore, reconciliation: Reconciliation): Promise<{ csv: string; json: string }> {
  const { month } = reconciliation;
  const keys = { csv: layout.report(month, "reconciliation.csv"), json: layout.report(month, "reconciliation.json") };
  await lake.replace(keys.csv, Buffer.from(writeCsv(COLUMNS, listVariances(reconciliation))));
  await lake.replace(keys.json, Buffer.from(renderReconciliationJson(reconciliation)));
  return keys;
}

export function renderReconciliationJson(reconciliation: Reconciliation, extra: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ ...describeReconciliation(reconciliation), ...extra }, null, 1)}\n`;
}
