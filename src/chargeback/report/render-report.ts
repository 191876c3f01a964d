import { renderCorrectionsCsv } from "../corrections/render-corrections-csv.ts";
import type { ChargebackReport } from "./report.ts";
import { renderCsv } from "./render-csv.ts";
import { renderHtml } from "./render-html.ts";
import { renderJson } from "./render-json.ts";
import { renderSummaryCsv } from "../insights/render-summary-csv.ts";
import { renderTeamsCsv } from "./render-teams-csv.ts";

/** Names of the report's files, by what they are. */
export const REPORT_FILES = {
  json: "chargeback.json",
  csv: "chargeback.csv",
  teams: "teams.csv",
  summary: "summary.csv",
  corrections: "corrections.csv",
  html: "chargeback.html",
} as const;
export type ReportFormat = keyof typeof REPORT_FILES;

/** The same report in every format. The same report always becomes the same bytes. */
export async function renderReport(report: ChargebackReport): Promise<Record<ReportFormat, string>> {
  return {
    json: renderJson(report),
    csv: renderCsv(report),
    teams: renderTeamsCsv(report),
    summary: renderSummaryCsv(report),
    corrections: renderCorrectionsCsv(report.corrections),
    html: await renderHtml(report, REPORT_FILES),
  };
}
