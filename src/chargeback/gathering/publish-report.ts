import { layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { renderReport, REPORT_FILES, type ReportFormat } from "../report/render-report.ts";
import type { ChargebackReport } from "../report/report.ts";

export interface PublishedReport {
  report: ChargebackReport;
  /** Keys in the lake. */
  files: Record<ReportFormat, string>;
  /** Formats that were missing, or had other content. */
  written: ReportFormat[];
}

/** The page comes last, so that every file it links to is there before it. */
const PUBLISHING_ORDER = ["json", "csv", "teams", "summary", "corrections", "workbook", "html"] as const satisfies readonly ReportFormat[];

/** Writes the files of an open month's report that changed. */
export async function publishReport(lake: ObjectStore, report: ChargebackReport): Promise<PublishedReport> {
  const contents = await renderReport(report);
  const keyOf = (format: ReportFormat): string => layout.report(report.month.name, REPORT_FILES[format]);
  const written: ReportFormat[] = [];
  for (const format of PUBLISHING_ORDER) {
    const content = Buffer.from(contents[format]);
    if (await holds(lake, keyOf(format), content)) continue;
    await lake.replace(keyOf(format), content);
    written.push(format);
  }
  const files = { html: keyOf("html"), csv: keyOf("csv"), teams: keyOf("teams"), summary: keyOf("summary"), corrections: keyOf("corrections"), workbook: keyOf("workbook"), json: keyOf("json") };
  return { report, files, written };
}

/** Whether an object is there with exactly this content. */
export async function holds(store: ObjectStore, key: string, content: Buffer): Promise<boolean> {
  const entry = await store.head(key);
  return entry?.size === content.byteLength && content.equals(await store.read(key));
}
