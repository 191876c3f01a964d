import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { formatDollarsOrEmpty } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import type { ChargebackReport } from "./report.ts";
import type { UsageRow } from "./sum-month.ts";

const COLUMNS: readonly CsvColumn<UsageRow>[] = [
  { name: "instance", read: ({ instance }) => neutralise(instance) },
  { name: "caller", read: ({ caller }) => neutralise(caller) },
  { name: "caller_type", read: ({ callerType }) => callerType },
  { name: "tags", read: ({ tags }) => neutralise(tags.join(",")) },
  { name: "provider", read: ({ provider }) => neutralise(provider) },
  { name: "model", read: ({ model }) => neutralise(model) },
  { name: "billing", read: ({ billing }) => billing },
  { name: "requests", read: ({ requests }) => String(requests) },
  ...REPORTED_COLUMNS.map(({ name, reportedAs }): CsvColumn<UsageRow> => ({ name, read: ({ tokens }) => String(tokens[reportedAs]) })),
  { name: "cost_usd", read: ({ cost }) => formatDollarsOrEmpty(cost) },
  { name: "unpriced_requests", read: ({ unpricedRequests }) => String(unpricedRequests) },
];

/** The detail rows as CSV: one row a key. */
export function renderCsv({ rows }: Pick<ChargebackReport, "rows">): string {
  return writeCsv(COLUMNS, rows);
}
