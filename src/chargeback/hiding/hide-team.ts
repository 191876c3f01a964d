import { OTHERS } from "../../ledger/names/unassigned.ts";
import { CHARGE, mapBillings } from "../../ledger/usage/usage-record.ts";
import { ADJUSTMENT, type AllocatedRow, type AllocatedSummary } from "../report/allocation-figures.ts";
import { nameTeam } from "../report/name-team.ts";
import type { AllocationLine } from "../report/summarise-allocations.ts";
import type { DayFigures } from "../sections/days.ts";
import type { TeamDetail } from "../sections/each-team/each-team.ts";
import { foldRows } from "./add-figures.ts";
import { chooseFolded, isFew, NOBODY, type People } from "./choose-folded.ts";
import type { ComparedCrowds } from "./driver-crowds.ts";
import { hideTeamDrivers, wasSmall } from "./hide-drivers.ts";
import { type HiddenOfTeam, nameModel } from "./hiding.ts";
import { type Crowds, crowdValue } from "./read-crowds.ts";

/** What is known about the people in a month. */
export interface KnownPeople {
  isPerson: (caller: string) => boolean;
  /** Whether a person made a request. A person without requests may still have a seat. */
  isActive: (caller: string) => boolean;
  crowds: Crowds;
  /** The people behind the figures that the month is compared with; null without a comparison. */
  compared: ComparedCrowds | null;
  smallestGroup: number;
}

/** Folds the rows of few people in each table of a team. The team's own total stays, since it must be charged. */
export function hideTeam(detail: TeamDetail, lines: readonly AllocationLine[], { isPerson, isActive, crowds, compared, smallestGroup }: KnownPeople): { detail: TeamDetail; hidden: HiddenOfTeam } {
  const name = nameTeam(detail);
  const ofPeople = lines.filter(({ caller, method, requests }) => isPerson(caller) && method !== ADJUSTMENT && requests > 0n);
  const own = ofPeople.filter(({ method }) => isDirect(method));
  const seated = lines.filter(({ billing, caller }) => billing === CHARGE && isPerson(caller) && !isActive(caller));
  const people = new Set((own.length + seated.length > 0 ? [...own, ...seated] : ofPeople).map(({ caller }) => caller));
  const isSmall = isFew(people, smallestGroup);
  const fold = <Key>(rows: AllocatedSummary<Key>, peopleOf: (key: Key) => People): ReadonlySet<AllocatedRow<Key>> => chooseFolded(rows, ({ key }) => peopleOf(key), smallestGroup);
  /** A row without the team's own people is about the people whose usage is shared. */
  const peopleBy = (nameOf: (line: AllocationLine) => string): ((name: string) => People) => {
    const [direct, all] = [groupPeople(own, nameOf), groupPeople(ofPeople, nameOf)];
    return (of) => direct.get(of) ?? all.get(of) ?? NOBODY;
  };
  const ofModels = peopleBy(nameModel);
  const ofCharges = groupPeople(lines.filter(({ billing, caller }) => billing === CHARGE && people.has(caller)), nameModel);
  const ofTags = peopleBy(({ tag }) => tag);
  const callers = chooseFolded(detail.byCaller, ({ key: { caller, callerType } }) => (callerType === "user" ? new Set([caller]) : NOBODY), smallestGroup, ({ key }) => isSmall && key.callerType === "user");
  // Charges have a column of their own, so that folding a charge does not hide a model.
  const { charges = [], used = [] } = Object.groupBy(detail.byModel, ({ figures }) => (figures.charges !== null && figures.requests === 0n ? "charges" : "used"));
  const models = new Set([...fold(used, (key) => ofModels(nameModel(key))), ...fold(charges, (key) => ofCharges.get(nameModel(key)) ?? NOBODY)]);
  const tags = fold(detail.byTag, ({ tag }) => ofTags(tag));
  const agents = fold(detail.byAgent, ({ agent }) => crowds.peopleOf(name, "agent", agent));
  const dimensions = detail.byDimension.map(({ name: dimension, rows }) => ({ dimension, rows, folded: fold(rows, (key) => crowds.peopleOf(name, "dimension", dimension, crowdValue(key))) }));
  const days = hideDays(detail.days, (date) => crowds.peopleOf(name, "day", date), smallestGroup);
  const othersType = [...callers].every(({ key }) => key.callerType === "user") ? "user" : "unknown";
  const hidden: HiddenOfTeam = {
    team: detail.team,
    isSmall,
    people,
    othersType,
    callers: new Set([...callers].map(({ key }) => key.caller)),
    models: new Set([...models].map(({ key }) => nameModel(key))),
    tags: new Set([...tags].map(({ key }) => key.tag)),
    agents: new Set([...agents].map(({ key }) => key.agent)),
    values: new Map(dimensions.map(({ dimension, folded }) => [dimension, new Set([...folded].map(({ key }) => crowdValue(key)))])),
    days: days.hidden,
  };
  return {
    detail: {
      ...detail,
      drivers: compared === null ? [] : hideTeamDrivers(detail.drivers, { hidden, compared, smallestGroup }),
      averagesBefore: isSmall || compared === null || wasSmall(name, compared, smallestGroup) ? null : detail.averagesBefore,
      byCaller: foldRows(detail.byCaller, callers, { caller: OTHERS, callerType: othersType }),
      byModel: foldRows(detail.byModel, models, { provider: OTHERS, model: OTHERS }),
      byTag: foldRows(detail.byTag, tags, { tag: OTHERS }),
      byAgent: foldRows(detail.byAgent, agents, { agent: OTHERS }),
      byDimension: dimensions.map(({ dimension, rows, folded }) => ({ name: dimension, rows: foldRows(rows, folded, { value: OTHERS, given: true }) })),
      // A session shows what one person did, and when.
      topSessions: [],
      days: days.shown,
      ...(isSmall ? { activePersons: null, perActivePerson: null, sessions: null, perSession: null } : {}),
    },
    hidden,
  };
}

/** Folds the days on which few people were active. Days without usage stay. */
export function hideDays(days: readonly DayFigures[], peopleOn: (date: string) => People, smallestGroup: number): { shown: DayFigures[]; hidden: ReadonlySet<string> } {
  const used = days.filter(({ requests }) => requests > 0n);
  const folded = chooseFolded(used, ({ date }) => peopleOn(date), smallestGroup);
  if (folded.size === 0) return { shown: [...days], hidden: new Set() };
  const all = [...folded];
  const others: DayFigures = {
    date: OTHERS,
    billing: mapBillings((kind) => all.reduce((sum, { billing }) => sum + billing[kind], 0n)),
    requests: all.reduce((sum, { requests }) => sum + requests, 0n),
  };
  return { shown: [...days.filter((day) => !folded.has(day)), others], hidden: new Set(all.map(({ date }) => date)) };
}

/** Logins, by the name that their rows have in common. */
export function groupPeople<Row extends { caller: string }>(rows: readonly Row[], nameOf: (row: Row) => string): ReadonlyMap<string, People> {
  return new Map([...Map.groupBy(rows, nameOf)].map(([name, alike]) => [name, new Set(alike.map(({ caller }) => caller))]));
}

/** Whether a team pays for its own people rather than a share of a pool. */
export function isDirect(method: string): boolean {
  return method !== ADJUSTMENT && !method.startsWith("pool_");
}
