import { divideRounding, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { ascending, descending } from "../../ledger/orders.ts";
import { type Billing, isListValue } from "../../ledger/usage/usage-record.ts";
import type { SessionFigures } from "./insights.ts";
import { nameTeam, type SharedUsage } from "./paid-usage.ts";

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
  /** What nothing was priced of costs nothing here. */
  cost: Nanodollars;
}

export interface TeamSessions {
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
 * Ranks sessions by what is owed for them, then by list value, overall and by team. What a session used of a usage is split
 * over the usage's payers by their shares, by largest remainder, and adjusted, so it adds up to the session; the sessions of a
 * team may miss the team's own sum by the rounding of each.
 * @param parts those of a session have to follow one another.
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

/** Of several callers or agents the first by name stands for the session. */
function extend(session: SessionFigures, { agent, from, to, requests, cost }: Omit<SessionPart, "usage">, { caller, billing }: { caller: string; billing: Billing }): void {
  if (caller < session.caller) session.caller = caller;
  if (agent !== null && (session.agent === null || agent < session.agent)) session.agent = agent;
  if (from < session.from) session.from = from;
  if (to > session.to) session.to = to;
  session.requests += requests;
  if (isListValue(billing)) session.listValue += cost;
  else session.owed += cost;
}

/** Keeps those that come first, and little more. */
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
