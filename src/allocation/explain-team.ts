import { listPeriods, type Span } from "./periods.ts";
import { type Belonging, openDirectory } from "./directory.ts";
import type { Method } from "./decide.ts";
import type { SettingsInForce } from "./in-force.ts";
import type { TeamRow } from "./read-team.ts";
import { type AllocationSettings, UNALLOCATED } from "./settings.ts";

/** What a team has by one method, rule and base. */
export interface Reason {
  method: Method;
  rule: string;
  base: string | null;
  billing: TeamRow["billing"];
  /** Units of 1e-9; null where nothing was priced. */
  cost: bigint | null;
  requests: bigint;
}

/** A caller of the team, and which member of it that is. */
export interface CallerReason {
  caller: string;
  /** `YYYY-MM-DD` in the configured time zone, or null for the month's beginning. */
  since: Date | null;
  via: string;
}

/** Reasons of a team's rows, largest cost first. */
export function listReasons(rows: readonly TeamRow[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const { method, rule, base, billing, cost_usd, requests } of rows) {
    const id = JSON.stringify([method, rule, base, billing]);
    const known = reasons.get(id) ?? { method, rule, base, billing, cost: null, requests: 0n };
    const cost = cost_usd === null ? known.cost : (known.cost ?? 0n) + cost_usd;
    reasons.set(id, { ...known, cost, requests: known.requests + requests });
  }
  return [...reasons.values()].sort((a, b) => Number((b.cost ?? -1n) - (a.cost ?? -1n)) || Number(b.requests - a.requests));
}

/** Which member of the team each of its callers is, and since when, where that is not the whole span. */
export function listMembers(rows: readonly TeamRow[], team: string, settings: AllocationSettings, span: Span): CallerReason[] {
  const callers = [...new Set(rows.filter(({ method }) => !method.startsWith("pool_") && method !== "adjustment").map(({ caller }) => caller))].sort();
  const periods = listPeriods(settings, span).map(({ from, settings: inForce }) => ({ from, directory: openDirectory(inForce) }));
  return callers.flatMap((caller) => {
    const tags = caller.startsWith("tag:") ? caller.split(",") : [];
    let before: string | undefined;
    return periods.flatMap(({ from, directory }) => {
      const via = describeBelonging(directory.teamsOf({ caller, tags }), team);
      if (via === before) return [];
      before = via;
      return [{ caller, since: from === span.from.getTime() ? null : new Date(from), via }];
    });
  });
}

function describeBelonging(belongings: readonly Belonging[], team: string): string {
  const teams = belongings.map((belonging) => belonging.team);
  const own = belongings.find((belonging) => belonging.team === team);
  if (own !== undefined) return `${own.via}${teams.length > 1 ? `, one of the teams ${teams.join(", ")}` : ""}`;
  const others = teams.length === 0 ? "in no team" : `in ${teams.join(", ")}`;
  return team === UNALLOCATED ? others : `${others}; a rule says it`;
}

/** The rules, pools and adjustments of these names as they are written, by name; of one that changed, the last. */
export function describeRules(names: ReadonlySet<string>, settings: AllocationSettings, span: Span): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { settings: inForce } of listPeriods(settings, span)) {
    for (const { name, ...content } of listNamed(inForce)) if (names.has(name)) texts.set(name, JSON.stringify(content));
  }
  return texts;
}

function listNamed({ rules, pools, adjustments }: SettingsInForce): { name: string }[] {
  return [...rules, ...pools, ...adjustments];
}
