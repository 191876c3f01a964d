import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES, renderReport } from "../../src/chargeback/report/render-report.ts";
import { inventCompany } from "../chargeback/invented-company.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface RenderedReport {
  /** The page alone, the charting library's start included. */
  pageSeconds: number;
  pageMiB: number;
  /** Every file of the report, the page once more among them. */
  filesSeconds: number;
  residentMiB: number;
}

/** `render-report.ts PEOPLE TEAMS`: renders the report of an invented company and prints a `RenderedReport`. */
const [, , people = "0", teams = "0"] = process.argv;
const company = inventCompany({
  people: Number(people),
  teams: Array.from({ length: Number(teams) }, (_, index) => ({ team: `team-${String(index)}`, costCenter: `CC-${String(4000 + index)}` })),
});
const start = performance.now();
const page = await renderHtml(company, REPORT_FILES);
const pageSeconds = (performance.now() - start) / 1000;
await renderReport(company);
const filesSeconds = (performance.now() - start) / 1000 - pageSeconds;
const rendered: RenderedReport = { pageSeconds, pageMiB: Buffer.byteLength(page) / 2 ** 20, filesSeconds, residentMiB: mostResidentMiB() };
process.stdout.write(JSON.stringify(rendered));
