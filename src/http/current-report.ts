import type { FastifyInstance } from "fastify";
import { html } from "hono/html";
import type { Html } from "../chargeback/page/cells.ts";
import type { Clock } from "../ledger/clock.ts";
import { boundMonth, monthAt, monthTitle } from "../ledger/months.ts";
import { findLastReport, listReportKeys, readStoredReport, type StoredReport } from "../run/last-report.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { answerPage } from "./page.ts";
import { toReportPath } from "./report-files.ts";

/** Where the running month's report is, whatever month it is. */
export const CURRENT_REPORT = "/reports/current";

/** How a server knows which month it is. */
export interface Calendar {
  clock: Clock;
  /** IANA time zone of months. */
  timezone: string;
}

/** `/reports/current`: leads to the newest report of the running month, or says that there is none yet and how to get one. */
export function serveCurrentReport(app: FastifyInstance, lake: ObjectStore, { clock, timezone }: Calendar): void {
  app.get(CURRENT_REPORT, async (_request, reply) => {
    const month = monthAt(clock(), timezone);
    const report = await readStoredReport(lake, month);
    if (report !== null) return await reply.redirect(toReportPath(report.page), 302);
    const last = await findLastReport(lake, await listReportKeys(lake));
    return await answerPage(reply.code(404), "Month to date", renderMissing(month, last));
  });
}

function renderMissing(month: string, last: StoredReport | null): Html {
  return html`<p>There is no report of ${titleOfMonth(month)} yet.</p>
<ul>
<li><span>A worker writes one each night if <code>schedule</code> has <code>month_to_date: "30 5 * * *"</code>.</span></li>
<li><span>This command writes one now: <code>aperture-ledger chargeback --month ${month}</code></span></li>
${last === null ? "" : html`<li><span>The newest report is that of <a href="${toReportPath(last.page)}">${titleOfMonth(last.month)}</a>.</span></li>`}
</ul>`;
}

/** `October 2026` */
export function titleOfMonth(month: string): string {
  return monthTitle(boundMonth(month, "UTC"));
}
