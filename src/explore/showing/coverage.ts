import { html } from "hono/html";
import { formatCount, type Html, showName } from "../../chargeback/page/cells.ts";
import { countOf } from "../../chargeback/page/tables.ts";
import { addDays } from "../../ledger/days.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { Coverage } from "../asking/built-days.ts";
import type { QuestionSettings } from "../question/question.ts";
import { showMinute, showSpan } from "./words.ts";

/** Ranges of missing days that a page lists for a gateway. */
const MOST_RANGES = 8;

/** Says how much of the span the figures cover. */
export function renderCoverage({ days, daysWithUsage, missing, newestExport }: Coverage, { timezone }: QuestionSettings): Html {
  const until = newestExport === undefined ? "" : ` The newest export is from ${showMinute(newestExport, timezone)} ${timezone}; later requests are not in the figures yet.`;
  return html`<p class="quiet">Usage on ${formatCount(daysWithUsage)} of ${countOf(days, "day")} to date.${until}</p>
${missing.length === 0 ? "" : html`<div class="status preliminary" role="note"><strong>Days without usage:</strong> ${missing.map(({ instance, days: lacking }, index) => html`${index === 0 ? "" : "; "}gateway ${showName(instance)}: ${listSome(toRanges(lacking), MOST_RANGES)}`)}. Nobody made a request, or the exports of these days are not in the ledger.</div>`}`;
}

/** `["2026-11-03", "2026-11-04"]` → `["3 to 4 November 2026"]` */
function toRanges(days: readonly string[]): string[] {
  const ranges: { from: string; to: string }[] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last !== undefined && addDays(last.to, 1) === day) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges.map(showSpan);
}
