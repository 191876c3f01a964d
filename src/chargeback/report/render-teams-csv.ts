import { formatBillionths, formatDollarsOrEmpty } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { reportColumns } from "./report-columns.ts";
import type { ChargebackReport } from "./report.ts";
import type { AllocationLine } from "./summarise-allocations.ts";

const COLUMNS: readonly CsvColumn<AllocationLine>[] = [
  { name: "team", read: ({ team }) => neutralise(team) },
  { name: "cost_center", read: ({ costCenter }) => neutralise(costCenter ?? "") },
  { name: "caller", read: ({ caller }) => neutralise(caller) },
  { name: "tag", read: ({ tag }) => neutralise(tag) },
  { name: "provider", read: ({ provider }) => neutralise(provider) },
  { name: "model", read: ({ model }) => neutralise(model) },
  { name: "billing", read: ({ billing }) => billing },
  { name: "method", read: ({ method }) => neutralise(method) },
  { name: "rule", read: ({ rule }) => neutralise(rule) },
  { name: "requests", read: ({ requests }) => formatBillionths(requests) },
  ...REPORTED_COLUMNS.map(({ name, reportedAs }): CsvColumn<AllocationLine> => ({ name, read: ({ tokens }) => formatBillionths(tokens[reportedAs]) })),
  { name: "cost_usd", read: ({ cost }) => formatDollarsOrEmpty(cost) },
  { name: "unpriced_requests", read: ({ unpricedRequests }) => formatBillionths(unpricedRequests) },
];

/** What each team pays for, as CSV: one row for each key, with adjustments in rows of their own. */
export function renderTeamsCsv(report: Pick<ChargebackReport, "allocations" | "month" | "status">): string {
  return writeCsv([...COLUMNS, ...reportColumns(report)], report.allocations);
}
