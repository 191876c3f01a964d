import { formatBillionths, formatDollars, formatDollarsOrEmpty, formatDollarsOrNull } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import type { Correction } from "./correction.ts";

const COLUMNS: readonly CsvColumn<Correction>[] = [
  { name: "corrects", read: ({ corrects }) => corrects },
  { name: "cause", read: ({ cause }) => cause },
  { name: "reason", read: ({ reason }) => neutralise(reason) },
  { name: "team", read: ({ team }) => neutralise(team) },
  { name: "cost_center", read: ({ costCenter }) => neutralise(costCenter ?? "") },
  { name: "caller", read: ({ caller }) => neutralise(caller) },
  { name: "caller_type", read: ({ callerType }) => callerType },
  { name: "tag", read: ({ tag }) => neutralise(tag) },
  { name: "dimensions", read: ({ dimensions }) => neutralise(JSON.stringify(dimensions)) },
  { name: "instance", read: ({ instance }) => neutralise(instance) },
  { name: "provider", read: ({ provider }) => neutralise(provider) },
  { name: "model", read: ({ model }) => neutralise(model) },
  { name: "billing", read: ({ billing }) => billing },
  { name: "method", read: ({ method }) => neutralise(method) },
  { name: "rule", read: ({ rule }) => neutralise(rule) },
  { name: "was_usd", read: ({ was }) => formatDollarsOrEmpty(was) },
  { name: "is_usd", read: ({ is }) => formatDollarsOrEmpty(is) },
  { name: "difference_usd", read: ({ difference }) => formatDollars(difference) },
  { name: "requests", read: ({ requests }) => formatBillionths(requests) },
];

/** What is booked of closed months, as CSV: a row for each correction, exact. */
export function renderCorrectionsCsv(corrections: readonly Correction[]): string {
  return writeCsv(COLUMNS, corrections);
}

/** The same as rows of JSON. */
export function describeCorrection(correction: Correction): object {
  const { corrects, cause, reason, team, costCenter, caller, callerType, tag, dimensions, instance, provider, model, billing, method, rule } = correction;
  const { was, is, difference, requests } = correction;
  return {
    corrects, cause, reason, team, cost_center: costCenter, caller, caller_type: callerType, tag, dimensions, instance, provider, model, billing, method, rule,
    was_usd: formatDollarsOrNull(was),
    is_usd: formatDollarsOrNull(is),
    difference_usd: formatDollars(difference),
    requests: JSON.rawJSON(formatBillionths(requests)),
  };
}
