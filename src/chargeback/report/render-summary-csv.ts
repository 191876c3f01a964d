import { formatBillionths, formatBookedCents, formatDollarsOrEmpty, type Nanodollars } from "../../ledger/money.ts";
import { type CsvColumn, textColumn, writeCsv } from "../../ledger/text/csv-cells.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { bookReport, type MonthBooking } from "./bookings.ts";
import { totalRows } from "../sections/billing.ts";
import { bookRows } from "../sections/book.ts";
import { budgetRows } from "../sections/budgets.ts";
import { changeRows, driverRows } from "../sections/change.ts";
import { chargeRows } from "../sections/charges.ts";
import { dayRow } from "../sections/days.ts";
import { teamRows } from "../sections/each-team/each-team.ts";
import { invoiceRows } from "../sections/invoices.ts";
import { owedByDimensionRows } from "../sections/owed-by-dimension.ts";
import { owedByTagRows } from "../sections/owed-by-tag.ts";
import { owedByTeamRows } from "../sections/owed-by-team.ts";
import { poolRows } from "../sections/pools.ts";
import { qualityRows } from "../sections/quality/data-quality.ts";
import { savingRows } from "../sections/savings.ts";
import { sessionRow } from "../sections/sessions.ts";
import { trendRows } from "../sections/trend.ts";
import { totalRow } from "../sections/summary.ts";
import { unpricedRows } from "../sections/unpriced.ts";
import { usageRows } from "../sections/usage.ts";
import { reportColumns } from "./report-columns.ts";
import type { ChargebackReport } from "./report.ts";
import type { SummaryRow } from "./summary-row.ts";

const COLUMNS: readonly CsvColumn<SummaryRow>[] = [
  { name: "section", read: ({ section }) => section },
  textColumn("team", ({ team }) => team),
  textColumn("item", ({ item }) => item),
  textColumn("detail", ({ detail }) => detail),
  dollars("owed_usd", ({ owed }) => owed),
  dollars("adjustments_usd", ({ adjustments }) => adjustments),
  dollars("list_value_usd", ({ listValue }) => listValue),
  dollars("caller_key_usd", ({ callerKey }) => callerKey),
  count("requests", ({ requests }) => requests),
  count("unpriced_requests", ({ unpricedRequests }) => unpricedRequests),
  ...REPORTED_COLUMNS.map(({ name, reportedAs }) => count(name, ({ tokens }) => tokens?.[reportedAs])),
];

/** The columns of `summary.csv`. */
export function summaryColumns(report: ChargebackReport): readonly CsvColumn<SummaryRow>[] {
  return [
    ...COLUMNS,
    ...reportColumns(report),
    { name: "booked_usd", figure: "dollars", read: ({ booked }) => (booked === undefined ? "" : formatBookedCents(booked)) },
    dollars("value_usd", ({ value }) => value),
    dollars("self_hosted_usd", ({ selfHosted }) => selfHosted),
    { name: "second_currency", read: () => report.head.rate?.currency ?? "" },
    { name: "booked_second", figure: "dollars", read: ({ second }) => (second === undefined ? "" : formatBookedCents(second)) },
  ];
}

/** Renders `summary.csv`: every line of the page as a row, with exact amounts. Cells without a value are empty. */
export function renderSummaryCsv(report: ChargebackReport, booking = bookReport(report)): string {
  return writeCsv(summaryColumns(report), summaryRows(report, booking));
}

function dollars(name: string, amountOf: (row: SummaryRow) => Nanodollars | null | undefined): CsvColumn<SummaryRow> {
  return { name, figure: "dollars", read: (row) => formatDollarsOrEmpty(amountOf(row)) };
}

/** A column of counts, which are in billionths. */
function count(name: string, countOf: (row: SummaryRow) => bigint | undefined): CsvColumn<SummaryRow> {
  return {
    name,
    figure: "count",
    read: (row) => {
      const billionths = countOf(row);
      return billionths === undefined ? "" : formatBillionths(billionths);
    },
  };
}

/** All figures of the page, section by section. */
export function summaryRows(report: ChargebackReport, booking: MonthBooking): SummaryRow[] {
  const { allocated, byTeam, byTag, byDimension, insights, quality } = report;
  const { change, teams, budgets, pools, charges = [], invoices = [], days, topSessions, countingDoubts } = insights;
  return [
    { ...totalRow(allocated), booked: booking.total.owed.cents, second: booking.total.second?.owed },
    ...bookRows(booking),
    ...changeRows("", change),
    ...driverRows("", insights.drivers),
    ...trendRows(insights.trend),
    ...owedByTeamRows(byTeam, booking),
    ...owedByTagRows(byTag),
    ...byDimension.flatMap(owedByDimensionRows),
    ...[...budgets.company, ...budgets.others].flatMap((budget) => budgetRows("", budget)),
    ...pools.flatMap(poolRows),
    ...charges.flatMap(chargeRows),
    ...invoices.flatMap(invoiceRows),
    ...days.flatMap((day) => dayRow("", day)),
    ...topSessions.map((session) => sessionRow("", session)),
    ...savingRows(report),
    ...unpricedRows(report),
    ...qualityRows(quality, countingDoubts),
    ...teams.flatMap(teamRows),
    ...usageRows(report),
    ...totalRows(report),
  ];
}
