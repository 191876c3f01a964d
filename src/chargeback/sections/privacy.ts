import { html } from "hono/html";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import type { Html } from "../page/cells.ts";
import type { ChargebackReport } from "../report/report.ts";

/** Says that people have pseudonyms and what `(others)` means; empty where a report names people. */
export function renderPrivacy({ hiding }: Pick<ChargebackReport, "hiding">): Html | string {
  if (hiding === undefined) return "";
  return html`<p class="quiet">People are shown by pseudonyms, which stay the same from month to month.${hiding.smallestGroup > 1 ? html` ${OTHERS} adds up rows that are about fewer than ${hiding.smallestGroup} people.` : ""} Every sum includes everybody.</p>`;
}

/** Nothing where a report names people. */
export function privacyToJson({ hiding }: Pick<ChargebackReport, "hiding">): { privacy?: { callers: "pseudonym"; smallest_group: number } } {
  return hiding === undefined ? {} : { privacy: { callers: "pseudonym", smallest_group: hiding.smallestGroup } };
}
