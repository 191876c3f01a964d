import { formatBillionths, formatDollarsOrEmpty } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { bookRows } from "../sections/book.ts";
import { budgetRows } from "../sections/budgets.ts";
import { changeRows } from "../sections/change.ts";
import { dayRow } from "../sections/days.ts";
import { teamRows } from "../sections/each-team/each-team.ts";
import { owedByDimensionRows } from "../sections/owed-by-dimension.ts";
import { owedByTagRows } from "../sections/owed-by-tag.ts";
import { owedByTeamRows } from "../sections/owed-by-team.ts";
import { poolRows } from "../sections/pools.ts";
import { qualityRows } from "../sections/quality/data-quality.ts";
import { savingRow } from "../sections/savings.ts";
import { sessionRow } from "../sections/sessions.ts";
import { totalRow } from "../sections/summary.ts";
import type { ChargebackReport } from "./report.ts";
import type { SummaryRow } from "./summary-row.ts";

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

/** `summary.csv`: every line of the page as a row, with exact amounts. Cells without a value are empty. */
export function renderSummaryCsv(report: ChargebackReport): string {
  const same: readonly CsvColumn<SummaryRow>[] = [
    { name: "month", read: () => report.month.name },
    { name: "currency", read: () => "USD" },
    { name: "status", read: () => report.status.kind },
  ];
  return writeCsv([...COLUMNS, ...same], summaryRows(report));
}

function count(billionths: bigint | undefined): string {
  return billionths === undefined ? "" : formatBillionths(billionths);
}

/** All figures of the page, section by section. */
export function summaryRows(report: ChargebackReport): SummaryRow[] {
  const { allocated, byTeam, byTag, byDimension, insights, quality } = report;
  const { change, teams, budgets, pools, days, cacheSavings, topSessions, countingDoubts } = insights;
  return [
    totalRow(allocated),
    ...bookRows(report),
    ...changeRows("", change),
    ...owedByTeamRows(byTeam),
    ...owedByTagRows(byTag),
    ...byDimension.flatMap(owedByDimensionRows),
    ...[...budgets.company, ...budgets.others].flatMap((budget) => budgetRows("", budget)),
    ...pools.flatMap(poolRows),
    ...days.flatMap((day) => dayRow("", day)),
    ...topSessions.map((session) => sessionRow("", session)),
    ...cacheSavings.map(savingRow),
    ...qualityRows(quality, countingDoubts),
    ...teams.flatMap(teamRows),
  ];
}
