import { TZDate } from "@date-fns/tz";
import type { DuckDBConnection } from "@duckdb/node-api";
import { format } from "date-fns/format";
import { html } from "hono/html";
import { z } from "zod";
import { BILLIONTHS, divideRounding, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { ascending, descending } from "../../ledger/orders.ts";
import { sqlNanodollars } from "../../ledger/sql/sql-values.ts";
import { type Billing, isListValue } from "../../ledger/usage/usage-record.ts";
import { countCell, type Html, showName } from "../page/cells.ts";
import { amountCell, GAP_CELL, scrollingTable, textCell } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import type { NumberedUsages } from "../usages/numbered-usages.ts";
import { nameTeam, type SharedUsage } from "../usages/paid-usage.ts";

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

/** What a session used of one usage. */
export interface SessionPart<Usage = string> {
  instance: string;
  session: string;
  /** By `nameUsage`, or by number. */
  usage: Usage;
  agent: string | null;
  from: Date;
  to: Date;
  requests: bigint;
  /** Zero where nothing was priced. */
  cost: Nanodollars;
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

const MOST = 20;

const MOST_OF_TEAM = 10;

/**
 * Ranks sessions by what is owed for them, then by list value, overall and by team. Each part of a session is split over the payers of its
 * usage by their shares, by largest remainder, and then adjusted, so the teams' parts add up to the session. The sessions of a team may differ
 * from the team's own sum by their rounding.
 * @param parts must be grouped by session
 */
export async function rankSessions<Usage>(
  parts: AsyncIterable<SessionPart<Usage>> | Iterable<SessionPart<Usage>>,
  paid: { get: (usage: Usage) => SharedUsage | undefined },
): Promise<RankedSessions> {
  const top = new Ranking(MOST);
  const byTeam = new Map<string, { sessions: number; owed: Nanodollars; ranking: Ranking }>();
  let open: { whole: SessionFigures; ofTeams: Map<string, SessionFigures> } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    top.add(open.whole);
    for (const [team, session] of open.ofTeams) {
      const sums = byTeam.get(team) ?? { sessions: 0, owed: 0n, ranking: new Ranking(MOST_OF_TEAM) };
      byTeam.set(team, sums);
      sums.sessions += 1;
      sums.owed += session.owed;
      sums.ranking.add(session);
    }
    open = undefined;
  };
  for await (const part of parts) {
    const found = paid.get(part.usage);
    if (found === undefined) continue;
    if (open?.whole.session !== part.session || open.whole.instance !== part.instance) close();
    open ??= { whole: begin(part, found.usage.caller), ofTeams: new Map() };
    const { usage, payers } = found;
    const costs = splitByLargestRemainder(part.cost, payers.map(({ team, share }) => ({ name: team, weight: share })));
    let adjusted = 0n;
    for (const [index, payer] of payers.entries()) {
      if (payer.share === 0n) continue;
      const cost = isListValue(usage.billing) ? (costs[index] ?? 0n) : payer.adjust(costs[index] ?? 0n);
      adjusted += cost;
      const team = nameTeam(payer);
      const session = open.ofTeams.get(team) ?? begin(part, usage.caller);
      open.ofTeams.set(team, session);
      extend(session, { ...part, cost }, usage);
    }
    extend(open.whole, { ...part, cost: adjusted }, usage);
  }
  close();
  return { top: top.list(), byTeam: new Map([...byTeam].map(([team, { ranking, ...sums }]) => [team, { ...sums, top: ranking.list() }])) };
}

/** What is owed for requests of sessions, by session. */
export function perSession({ sessions, owed }: Pick<TeamSessions, "sessions" | "owed">): Nanodollars | null {
  return sessions === 0 ? null : divideRounding(owed, BigInt(sessions));
}

function begin({ session, instance, agent, from, to }: Omit<SessionPart, "usage">, caller: string): SessionFigures {
  return { session, instance, caller, agent, from, to, requests: 0n, owed: 0n, listValue: 0n };
}

/** A session with several callers or agents is named after the first of them. */
function extend(session: SessionFigures, { agent, from, to, requests, cost }: Omit<SessionPart, "usage">, { caller, billing }: { caller: string; billing: Billing }): void {
  if (caller < session.caller) session.caller = caller;
  if (agent !== null && (session.agent === null || agent < session.agent)) session.agent = agent;
  if (from < session.from) session.from = from;
  if (to > session.to) session.to = to;
  session.requests += requests;
  if (isListValue(billing)) session.listValue += cost;
  else session.owed += cost;
}

/** Keeps the highest-ranked sessions, with bounded memory. */
class Ranking {
  readonly #most: number;
  #sessions: SessionFigures[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(session: SessionFigures): void {
    this.#sessions.push(session);
    if (this.#sessions.length >= 8 * this.#most) this.#sessions = [...this.list()];
  }

  list(): readonly SessionFigures[] {
    return this.#sessions.toSorted(byCost).slice(0, this.#most);
  }
}

function byCost(a: SessionFigures, b: SessionFigures): number {
  return descending(a.owed, b.owed) || descending(a.listValue, b.listValue) || descending(a.requests, b.requests) || ascending(a.session, b.session) || ascending(a.instance, b.instance);
}

const sessionPartRow = z.tuple([z.string(), z.string(), z.number(), z.string().nullable(), z.bigint(), z.bigint(), z.bigint(), z.bigint()]);

/**
 * Streams what sessions used from local `usage` files, grouped by session, so that they are never all in memory.
 */
export async function* readSessionParts(duck: DuckDBConnection, usages: NumberedUsages, files: readonly string[]): AsyncGenerator<SessionPart<number>> {
  const result = await duck.stream(`
    SELECT instance, session_id, usage_id, min(agent), epoch_us(min(ts)) AS first_us, epoch_us(max(ts)) AS last_us, count(*)::BIGINT AS requests,
      coalesce(${sqlNanodollars("sum(cost_usd::DECIMAL(38,9))")}, 0) AS cost
    FROM ${usages.rowsOf(files, "ts")} WHERE session_id <> ''
    GROUP BY instance, session_id, usage_id ORDER BY instance, session_id, usage_id`);
  for await (const rows of result.yieldRowsJs()) {
    for (const row of rows) {
      const [instance, session, id, agent, first, last, requests, cost] = sessionPartRow.parse(row);
      const [from, to] = [first, last].map((micros) => new Date(Number(micros / 1000n)));
      if (from !== undefined && to !== undefined) yield { instance, session, usage: id, agent, from, to, requests, cost };
    }
  }
}

/** The sessions that cost most. The table has no total. */
export function renderSessions(sessions: readonly SessionFigures[], { title, timezone, limit }: { title: string; timezone: string; limit: number }): Html {
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
        owed === 0n ? GAP_CELL : amountCell(owed),
        listValue === 0n ? GAP_CELL : amountCell(listValue),
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
