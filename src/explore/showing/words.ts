import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { html, raw } from "hono/html";
import type { Html } from "../../chargeback/page/cells.ts";
import { NO_VALUE } from "../../chargeback/report/summarise-allocations.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { propertiesOf } from "../question/property.ts";
import { DAY, type DaySpan, type QuestionSettings } from "../question/question.ts";

/** The title of a grouping or of a filter. */
export function titleOf(name: string, { dimensions }: QuestionSettings): string {
  return name === DAY ? "Day" : (propertiesOf(dimensions).find((property) => property.name === name)?.title ?? name);
}

/** Where a name that is too long for its line may end a line: `ann@example.com`, `acme/web`, `tag:ci,tag:prod`. Hyphens need no help. */
const BREAKS = /(?<=[\p{L}\p{N}][,/_])(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}])(?=[@.][\p{L}\p{N}])/u;

/** A value of a grouping; requests that lack the property are in italics, so that no real value looks like them. */
export function showValue(value: string | null, letters?: number): Html {
  if (value === null) return html`<em>${NO_VALUE}</em>`;
  return html`<bdi>${value === "" ? "(empty)" : shownText(value, letters).split(BREAKS).map((part, index) => html`${index === 0 ? "" : raw("<wbr>")}${part}`)}</bdi>`;
}

/** `1 to 30 November 2026` */
export function showSpan({ from, to }: DaySpan): string {
  const [first, last] = [new Date(`${from}T00:00:00`), new Date(`${to}T00:00:00`)];
  if (from === to) return format(first, "d MMMM yyyy");
  const same = from.slice(0, 7) === to.slice(0, 7) ? "d" : from.slice(0, 4) === to.slice(0, 4) ? "d MMMM" : "d MMMM yyyy";
  return `${format(first, same)} to ${format(last, "d MMMM yyyy")}`;
}

/** `2026-11-30 14:15` in a time zone. */
export function showMinute(instant: Date, timezone: string): string {
  return format(new TZDate(instant, timezone), "yyyy-MM-dd HH:mm");
}
