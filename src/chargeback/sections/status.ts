import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { html } from "hono/html";
import { type Month, monthTitle } from "../../ledger/months.ts";
import type { Html } from "../page/cells.ts";
import type { ReportStatus } from "../report/report-status.ts";
import { describeDays } from "./comparison.ts";

const TITLES = { preliminary: "Preliminary", complete: "Complete and open", closed: "Closed" } as const;

/** What a page says before any figure. */
export function renderStatus(status: ReportStatus, month: Month): Html {
  return html`<p class="status ${status.kind}"><strong>${TITLES[status.kind]}</strong>: ${explainStatus(status, month)}</p>`;
}

/** The same in one line of plain text. */
export function describeStatus(status: ReportStatus, month: Month): string {
  return `${TITLES[status.kind].toLowerCase()}: ${explainStatus(status, month)}`;
}

function explainStatus({ kind, dataUntil, known }: ReportStatus, month: Month): string {
  switch (kind) {
    case "preliminary":
      return `month to date, data up to ${format(new TZDate(dataUntil, month.timezone), "d MMMM yyyy, HH:mm")}; ${describeDays(known, monthTitle(month))}. The figures will change.`;
    case "complete":
      return `${describeDays(known, monthTitle(month))}. The figures change if exports come late or rules change, until the month is closed.`;
    case "closed":
      return "the figures are final, as they were closed. What changes later is booked as corrections in later months.";
    default:
      return kind satisfies never;
  }
}

export function statusToJson({ kind, dataUntil, known }: ReportStatus): object {
  return { kind, data_until: dataUntil, known_days: known };
}
