import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { html } from "hono/html";
import { BILLIONTHS, divideRounding, type Nanodollars } from "../../ledger/money.ts";
import { countCell, type Html, showName } from "../page/cells.ts";
import { amountCell, GAP_CELL, scrollingTable, textCell } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { RoundAmount } from "../report/rounding.ts";
import type { SummaryRow } from "../report/summary-row.ts";

export interface SessionFigures {
  /** As recorded. */
  session: string;
  instance: string;
  /** The first by name, if there are several callers or agents. */
  caller: string;
  agent: string | null;
  from: Date;
  to: Date;
  /** Whole requests, even if another team pays a part of them. */
  requests: bigint;
  /** The team's part, or all of it in the company's list; after adjustments. */
  owed: Nanodollars;
  listValue: Nanodollars;
}

interface TeamSessions {
  sessions: number;
  /** What is owed for their requests. */
  owed: Nanodollars;
  top: readonly SessionFigures[];
}

export interface RankedSessions {
  top: readonly SessionFigures[];
  /** By `nameTeam`. */
  byTeam: ReadonlyMap<string, TeamSessions>;
}

/** What is owed for requests of sessions, by session. */
export function perSession({ sessions, owed }: Pick<TeamSessions, "sessions" | "owed">): Nanodollars | null {
  return sessions === 0 ? null : divideRounding(owed, BigInt(sessions));
}

/** The sessions that cost most. The table has no total. */
export function renderSessions(sessions: readonly SessionFigures[], { title, timezone, limit, round }: { title: string; timezone: string; limit: number; round: RoundAmount }): Html {
  return scrollingTable(title, {
    caption: `${title}: the most expensive, times in ${timezone}`,
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
        owed === 0n ? GAP_CELL : amountCell(owed, round),
        listValue === 0n ? GAP_CELL : amountCell(listValue, round),
        countCell(requests),
      ],
    })),
    style: "book",
  });
}

export function sessionRow(team: string, { session, instance, caller, agent, requests, owed, listValue }: SessionFigures): SummaryRow {
  const detail = [caller, ...(agent === null ? [] : [agent]), instance].join(", ");
  return { section: "session", team, item: session, detail, owed, listValue, requests: requests * BILLIONTHS };
}

export function sessionToJson({ session, instance, caller, agent, from, to, requests, owed, listValue }: SessionFigures): object {
  return { session, instance, caller, agent, from, to, requests, owed_usd: amountToJson(owed), list_value_usd: amountToJson(listValue) };
}
