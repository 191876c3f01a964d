import { formatDollarsOrEmpty } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { bookReport, type MonthBooking } from "./bookings.ts";
import { renderCorrectionsCsv } from "../sections/corrections.ts";
import { renderHtml } from "./render-html.ts";
import { renderJson } from "./render-json.ts";
import { renderSummaryCsv } from "./render-summary-csv.ts";
import { renderTeamsCsv } from "./render-teams-csv.ts";
import { renderWorkbook } from "./render-workbook.ts";
import type { ChargebackReport } from "./report.ts";
import type { UsageRow } from "./sum-month.ts";

/** Names of the report's files, by format. */
export const REPORT_FILES = {
  json: "chargeback.json",
  csv: "chargeback.csv",
  teams: "teams.csv",
  summary: "summary.csv",
  corrections: "corrections.csv",
  workbook: "chargeback.xlsx",
  html: "chargeback.html",
} as const;

export type ReportFormat = keyof typeof REPORT_FILES;

/** Files that do not mention a close: their rows are rows of the ledger's tables. */
type FigureFormat = "csv" | "corrections";

type Rendered<Format extends ReportFormat> = Record<Format, string | Uint8Array>;

/** Renders the report in every format. The same report always becomes the same bytes. */
export async function renderReport(report: ChargebackReport): Promise<Rendered<ReportFormat>> {
  return { ...renderFigures(report), ...(await renderStatements(report, bookReport(report))) };
}

export function renderFigures(report: ChargebackReport): Rendered<FigureFormat> {
  return { csv: renderCsv(report), corrections: renderCorrectionsCsv(report.corrections) };
}

/** Renders the files that say how final the report is and which close it has. */
export async function renderStatements(report: ChargebackReport, booking: MonthBooking): Promise<Rendered<Exclude<ReportFormat, FigureFormat>>> {
  return {
    json: renderJson(report, {}, booking),
    teams: renderTeamsCsv(report),
    summary: renderSummaryCsv(report, booking),
    workbook: await renderWorkbook(report, booking),
    html: await renderHtml(report, REPORT_FILES, booking),
  };
}

const USAGE_COLUMNS: readonly CsvColumn<UsageRow>[] = [
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

/** The detail rows as CSV, one for each key. */
export function renderCsv({ rows }: Pick<ChargebackReport, "rows">): string {
  return writeCsv(USAGE_COLUMNS, rows);
}
