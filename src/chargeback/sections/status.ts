import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { html } from "hono/html";
import { rateToJson } from "../../ledger/exchange-rate.ts";
import { type Month, monthTitle } from "../../ledger/months.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Html } from "../page/cells.ts";
import type { CloseStatement, ReportStatus } from "../report/report-status.ts";
import type { ReportHead } from "../report/report.ts";
import { describeDays } from "./comparison.ts";

const TITLES = { preliminary: "Preliminary", complete: "Complete and open", closed: "Closed" } as const;

/** What a page says before any figure. */
export function renderStatus(status: ReportStatus, month: Month): Html {
  return html`<p class="status ${status.kind}"><strong>${TITLES[status.kind]}</strong>: ${explainStatus(status, month)}</p>`;
}

/** Describes the status of a report in one line of plain text. */
export function describeStatus(status: ReportStatus, month: Month): string {
  return `${TITLES[status.kind].toLowerCase()}: ${explainStatus(status, month)}`;
}

function explainStatus({ kind, dataUntil, known, close }: ReportStatus, month: Month): string {
  switch (kind) {
    case "preliminary":
      return `month to date, data up to ${format(new TZDate(dataUntil, month.timezone), "d MMMM yyyy, HH:mm")}; ${describeDays(known, monthTitle(month))}. The figures will change.`;
    case "complete":
      return `${describeDays(known, monthTitle(month))}. The figures change if exports come late or rules change, until the month is closed.`;
    case "closed":
      return `${close === undefined ? "" : `${describeClose(close, month)}. `}The figures are final, as they were closed. What changes later is booked as corrections in later months.`;
    default:
      return kind satisfies never;
  }
}

function describeClose({ id, at, by, chain }: CloseStatement, { timezone }: Month): string {
  const heads = chain.map(({ instance, day, sha256 }) => `${visibleText(instance)} at ${day} with SHA-256 ${sha256.slice(0, 16)}…`);
  const archive = heads.length === 0 ? "The archive had no signed digest" : `The archive’s signed chain ended for ${heads.join(", for ")}`;
  return `by ${visibleText(by)} on ${format(new TZDate(at, timezone), "d MMMM yyyy 'at' HH:mm")} (${timezone}), close ${id}. ${archive}`;
}

export function statusToJson({ kind, dataUntil, known, close }: ReportStatus): object {
  return { kind, data_until: dataUntil, known_days: known, ...(close === undefined ? {} : { close: { id: close.id, at: close.at, by: close.by, chain: close.chain } }) };
}

export function headToJson({ company, version, rate }: ReportHead): object {
  return { ...(rate === null ? {} : { second_currency: rateToJson(rate) }), ...(company === undefined ? {} : { company }), made_by: `aperture-ledger ${version}` };
}
