import { html } from "hono/html";
import type { DataQuality } from "../report/data-quality.ts";
import { countOf } from "./tables.ts";
import type { Html } from "./html-cells.ts";

/** Nothing where every identifier was given once. */
export function renderUsedAgain({ identifiersUsedAgain: requests }: Pick<DataQuality, "identifiersUsedAgain">): Html | string {
  if (requests === 0) return "";
  return html`<p>Identifiers used again: ${countOf(requests, "request")} of this month’s UTC days ${requests === 1 ? "has" : "have"} an id that another request of the same day has too. Each of them is in the figures.</p>`;
}
