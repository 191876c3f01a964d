import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { formatBillionths, formatDollarsOrEmpty } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import type { ChargebackReport } from "../report/report.ts";
import { listSummary, type SummaryRow } from "./summary-rows.ts";

const COLUMNS: readonly CsvColumn<SummaryRow>[] = [
  { name: "section", read: ({ section }) => section },
  { name: "team", read: ({ team }) => neutralise(team) },
  { name: "item", read: ({ item }) => neutralise(item) },
  { name: "detail", read: ({ detail }) => neutralise(detail) },
  { name: "owed_usd", read: ({ owed }) => formatDollarsOrEmpty(owed) },
  { name: "adjustments_usd", read: ({ adjustments }) => formatDollarsOrEmpty(adjustments) },
  { name: "list_value_usd", read: ({ listValue }) => formatDollarsOrEmpty(listValue) },
  { name: "caller_key_usd", read: ({ callerKey }) => formatDollarsOrEmpty(callerKey) },
  { name: "requests", read: ({ requests }) => count(requests) },
  { name: "unpriced_requests", read: ({ unpricedRequests }) => count(unpricedRequests) },
  ...REPORTED_COLUMNS.map(({ name, reportedAs }): CsvColumn<SummaryRow> => ({ name, read: ({ tokens }) => count(tokens?.[reportedAs]) })),
];

/** Every line of the page as one row, with exact amounts; a cell is empty where the line says nothing of it. */
export function renderSummaryCsv(report: ChargebackReport): string {
  return writeCsv(COLUMNS, listSummary(report));
}

function count(billionths: bigint | undefined): string {
  return billionths === undefined ? "" : formatBillionths(billionths);
}
