import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { html } from "hono/html";
import { countCell, type Html, showName } from "./html-cells.ts";
import type { SessionFigures } from "../insights/insights.ts";
import { amountCell, GAP_CELL, scrollingTable, textCell } from "./tables.ts";

/** The sessions that cost most; they add up to nothing. */
export function renderSessions(sessions: readonly SessionFigures[], { title, timezone, limit }: { title: string; timezone: string; limit: number }): Html {
  return scrollingTable(title, {
    caption: `${title}: those that cost most, times in ${timezone}`,
    columns: [
      { title: "Session" }, { title: "Caller" }, { title: "Agent" }, { title: "From" }, { title: "To" },
      ...["Owed", "List value", "Requests"].map((name) => ({ title: name, figure: true })),
    ],
    rows: sessions.slice(0, limit).map(({ session, caller, agent, from, to, requests, owed, listValue }) => ({
      header: html`<span class="code">${showName(session)}</span>`,
      cells: [
        textCell(showName(caller)),
        textCell(agent === null ? "–" : showName(agent)),
        ...[from, to].map((time) => html`<td class="time"><time datetime="${time.toISOString()}">${format(new TZDate(time, timezone), "d MMM HH:mm")}</time></td>`),
        owed === 0n ? GAP_CELL : amountCell(owed),
        listValue === 0n ? GAP_CELL : amountCell(listValue),
        countCell(requests),
      ],
    })),
    style: "book",
  });
}
