import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { divideRounding } from "../../../ledger/money.ts";
import { readParquet } from "../../../ledger/sql/sql-texts.ts";
import { CALLER_TYPES, type CallerType } from "../../../ledger/usage/usage-record.ts";
import { type AllocatedPart, type AllocatedSummary, groupAllocated, sumOwed } from "../../report/allocation-figures.ts";
import { summedPart, SUMS, toPart } from "../../report/sum-allocations.ts";
import { type AllocationSums, type DimensionKey, NO_VALUE } from "../../report/summarise-allocations.ts";
import { nameTeam } from "../../report/name-team.ts";
import { type ChangeDriver, type DriverSum, findDrivers } from "../../report/drivers.ts";
import type { BudgetFigures } from "../budgets.ts";
import { type ComparedTo, type CostChange, explainChange, type TeamItem } from "../change.ts";
import { type DaySums, noDays } from "../days.ts";
import { perSession, type RankedSessions } from "../sessions.ts";
import type { AveragesBefore } from "./averages.ts";
import type { TeamDetail } from "./each-team.ts";

/** Items of a month and of the one before it. */
export interface ComparedItems extends ComparedTo {
  before: readonly TeamItem[];
  now: readonly TeamItem[];
  drivers: Readonly<Record<"before" | "now", readonly DriverSum[]>>;
  /** By `nameTeam`; null unless whole months are compared. */
  averages: ReadonlyMap<string, AveragesBefore> | null;
}

/** Everything known about teams. Each part is the result of one pass over the month. */
export interface TeamParts {
  sums: TeamSums;
  /** By `nameTeam`. */
  byAgent: ReadonlyMap<string, AllocatedSummary<{ agent: string | null }>>;
  days: DaySums;
  sessions: RankedSessions;
  /** By name of the team. */
  budgets: ReadonlyMap<string, BudgetFigures[]>;
  /** Null without data for the month before. */
  compared: ComparedItems | null;
}

/** One detail for each team and cost centre, in the given order. */
export function detailTeams(byTeam: AllocationSums["byTeam"], { sums, byAgent, days, sessions, budgets, compared }: TeamParts): TeamDetail[] {
  const itemsOf = groupItems(compared);
  const driversOf = groupDrivers(compared);
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
      drivers: driversOf(team, itemsOf(team)),
      averagesBefore: compared?.averages?.get(name) ?? null,
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
function groupItems(compared: ComparedItems | null): (team: string) => CostChange | null {
  if (compared === null) return () => null;
  const before = Map.groupBy(compared.before, ({ team }) => team);
  const now = Map.groupBy(compared.now, ({ team }) => team);
  return (team) => explainChange(compared, before.get(team) ?? [], now.get(team) ?? []);
}

/** The main drivers of each team's change, by team name. */
function groupDrivers(compared: ComparedItems | null): (team: string, change: CostChange | null) => ChangeDriver[] {
  if (compared === null) return () => [];
  const before = Map.groupBy(compared.drivers.before, ({ team }) => team);
  const now = Map.groupBy(compared.drivers.now, ({ team }) => team);
  return (team, change) => (change === null ? [] : findDrivers(before.get(team) ?? [], now.get(team) ?? [], change.now - change.before));
}

/** Groupings by `nameTeam`. Each adds up to its team exactly. */
interface TeamSums {
  byCaller: ReadonlyMap<string, AllocatedSummary<{ caller: string; callerType: CallerType }>>;
  byTag: ReadonlyMap<string, AllocatedSummary<{ tag: string }>>;
  byModel: ReadonlyMap<string, AllocatedSummary<{ provider: string; model: string }>>;
  byDimension: readonly { name: string; byTeam: ReadonlyMap<string, AllocatedSummary<DimensionKey>> }[];
}

const teamPart = summedPart.extend({ team: z.string(), cost_center: z.string().nullable() });

const callerPart = teamPart.extend({ caller: z.string(), caller_type: z.enum(CALLER_TYPES) });

const tagPart = teamPart.extend({ tag: z.string() });

const modelPart = teamPart.extend({ provider: z.string(), model: z.string() });

const valuePart = teamPart.extend({ value: z.string().nullable() });

/**
 * Sums a local `allocations` file of a month by team and caller, tag, model and dimension, with one query for each.
 * @param dimensions names to sum by.
 */
export async function sumTeams(duck: DuckDBConnection, file: string, dimensions: readonly string[]): Promise<TeamSums> {
  const from = readParquet(file);
  const sum = async <Row extends z.ZodType<z.infer<typeof teamPart>>, Key>(row: Row, columns: string, keyOf: (row: z.infer<Row>) => Key, values: Record<string, string> = {}): Promise<Map<string, AllocatedSummary<Key>>> => {
    const result = await duck.runAndReadAll(`SELECT team, cost_center, ${columns}, billing, method, ${SUMS} FROM ${from} GROUP BY ALL`, values);
    const parts = z.array(row).parse(result.getRowObjectsJS()).map((one) => ({ ...toPart(one), team: nameTeam({ team: one.team, costCenter: one.cost_center }), key: keyOf(one) }));
    return groupByTeam(parts);
  };
  const byDimension: TeamSums["byDimension"][number][] = [];
  for (const name of dimensions) {
    const keyOf = ({ value }: z.infer<typeof valuePart>): DimensionKey => ({ value: value ?? NO_VALUE, given: value !== null });
    byDimension.push({ name, byTeam: await sum(valuePart, "map_extract_value(dimensions, $name) AS value", keyOf, { name }) });
  }
  return {
    byCaller: await sum(callerPart, "caller, caller_type", ({ caller, caller_type }) => ({ caller, callerType: caller_type })),
    byTag: await sum(tagPart, "tag", ({ tag }) => ({ tag })),
    byModel: await sum(modelPart, "provider, model", ({ provider, model }) => ({ provider, model })),
    byDimension,
  };
}

function groupByTeam<Key>(parts: readonly (AllocatedPart & { team: string; key: Key })[]): Map<string, AllocatedSummary<Key>> {
  return new Map([...Map.groupBy(parts, ({ team }) => team)].map(([team, ofTeam]) => [team, groupAllocated(ofTeam, ({ key }) => key)]));
}
