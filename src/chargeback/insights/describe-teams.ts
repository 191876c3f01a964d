import { divideRounding } from "../../ledger/money.ts";
import { sumOwed } from "../report/allocation-figures.ts";
import type { AllocationSums } from "../report/summarise-allocations.ts";
import { explainChange } from "./explain-change.ts";
import type { BudgetFigures, Change, TeamDetail } from "./insights.ts";
import { nameTeam } from "./paid-usage.ts";
import { perSession, type RankedSessions } from "./rank-sessions.ts";
import type { AllocatedSummary } from "../report/allocation-figures.ts";
import { type DaySums, noDays } from "./sum-days.ts";
import type { TeamItem } from "./sum-items.ts";
import type { TeamSums } from "./sum-teams.ts";

/** Items of a month and of the one before it. */
export interface ComparedItems {
  /** `YYYY-MM` of the month before. */
  month: string;
  before: readonly TeamItem[];
  now: readonly TeamItem[];
}

/** All that is known of teams, in parts that each took one look at the month. */
export interface TeamParts {
  sums: TeamSums;
  /** By `nameTeam`. */
  byAgent: ReadonlyMap<string, AllocatedSummary<{ agent: string | null }>>;
  days: DaySums;
  sessions: RankedSessions;
  /** By name of the team. */
  budgets: ReadonlyMap<string, BudgetFigures[]>;
  /** Null where there is nothing of the month before. */
  compared: ComparedItems | null;
}

/** One for each team and cost centre, in the order given. */
export function describeTeams(byTeam: AllocationSums["byTeam"], { sums, byAgent, days, sessions, budgets, compared }: TeamParts): TeamDetail[] {
  const itemsOf = groupItems(compared);
  return byTeam.map(({ key: { team, costCenter }, figures }) => {
    const name = nameTeam({ team, costCenter });
    const byCaller = sums.byCaller.get(name) ?? [];
    const activePersons = byCaller.filter((row) => row.key.callerType === "user" && row.figures.requests > 0n).length;
    const owed = sumOwed(figures).cost;
    const ofSessions = sessions.byTeam.get(name) ?? { sessions: 0, owed: 0n, top: [] };
    return {
      team,
      costCenter,
      figures,
      change: itemsOf(team),
      budgets: budgets.get(team) ?? [],
      byCaller,
      byTag: sums.byTag.get(name) ?? [],
      byDimension: sums.byDimension.map((dimension) => ({ name: dimension.name, rows: dimension.byTeam.get(name) ?? [] })),
      byModel: sums.byModel.get(name) ?? [],
      byAgent: byAgent.get(name) ?? [],
      activePersons,
      perActivePerson: activePersons === 0 || owed === null ? null : divideRounding(owed, BigInt(activePersons)),
      sessions: ofSessions.sessions,
      perSession: perSession(ofSessions),
      topSessions: [...ofSessions.top],
      days: days.byTeam.get(name) ?? noDays(days.all.map(({ date }) => date)),
    };
  });
}

/** Changes by name of a team. */
function groupItems(compared: ComparedItems | null): (team: string) => Change | null {
  if (compared === null) return () => null;
  const before = Map.groupBy(compared.before, ({ team }) => team);
  const now = Map.groupBy(compared.now, ({ team }) => team);
  return (team) => explainChange(compared.month, before.get(team) ?? [], now.get(team) ?? []);
}
