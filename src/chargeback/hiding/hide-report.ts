import type { UsedCharge } from "../../allocation/charges/charge-use.ts";
import { namePeople } from "../../ledger/names/report-pseudonym.ts";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import { loginsReplacer } from "../../ledger/names/login-replacer.ts";
import { remember } from "../../ledger/names/remember.ts";
import type { Correction } from "../corrections/correction.ts";
import type { Insights } from "../report/insights.ts";
import { nameTeam } from "../report/name-team.ts";
import type { ReportFigures } from "../report/report.ts";
import type { AllocationLine } from "../report/summarise-allocations.ts";
import { mergeRows } from "./add-figures.ts";
import type { ComparedCrowds } from "./driver-crowds.ts";
import { chooseHidden, hideSavings, hideSums, hideUsage } from "./hide-company.ts";
import { hideCorrections, orderCorrections } from "./hide-corrections.ts";
import { findOthers, hideCompanyDrivers } from "./hide-drivers.ts";
import { hideUsedCharges, orderSeats } from "./hide-used-charges.ts";
import { hideDays, hideTeam, isDirect, type KnownPeople } from "./hide-team.ts";
import { type HiddenOfTeam, type Hiding, hideModelOfRule, nameModel } from "./hiding.ts";
import type { Privacy } from "./privacy.ts";
import type { Crowds } from "./read-crowds.ts";
import { replaceTexts } from "./replace-texts.ts";

/** Everything that a report is built from. */
interface ReportParts {
  figures: ReportFigures;
  insights: Insights;
  corrections: readonly Correction[];
}

/**
 * Hides people in everything that a report is built from: folds the rows of few people, replaces every login in any text by a pseudonym, and sorts
 * rows into an order that does not depend on logins. All sums stay. @param of `compared`: the people behind the figures that the month is compared
 * with, if there are any; `used`: the charges of the month; `logins`: people who may be named without usage, such as members of teams
 */
export function hideReport(parts: ReportParts, { smallestGroup, key }: Privacy, { crowds, compared, used, logins }: { crowds: Crowds; compared: ComparedCrowds | null; used: readonly UsedCharge[]; logins: readonly string[] }): ReportParts & { hiding: Hiding } {
  const { figures, insights, corrections } = parts;
  const people = new Set(figures.usage.rows.filter(({ callerType }) => callerType === "user").map(({ caller }) => caller));
  const seated = insights.teams.flatMap(({ byCaller }) => byCaller.filter(({ key: of }) => of.callerType === "user").map(({ key: of }) => of.caller));
  const everybody = new Set([...people, ...seated]);
  const known: KnownPeople = { isPerson: (caller) => everybody.has(caller), isActive: (caller) => people.has(caller), crowds, compared, smallestGroup };
  const lines = Map.groupBy(figures.allocations.rows, nameTeam);
  const teams = insights.teams.map((team) => ({ name: nameTeam(team), ...hideTeam(team, lines.get(nameTeam(team)) ?? [], known) }));
  const hidden = new Map(teams.map(({ name, hidden: of }) => [name, of]));
  const ofSmallTeams = new Set(figures.allocations.rows.filter((line) => isDirect(line.method) && hidden.get(nameTeam(line))?.isSmall).map(({ caller }) => caller));
  for (const { isSmall, people: own } of hidden.values()) if (isSmall) for (const person of own) ofSmallTeams.add(person);
  const ofMonth = chooseHidden(figures.usage.rows, (caller) => ofSmallTeams.has(caller), known);
  const sums = hideSums(figures.allocations, known);
  const isOthers = findOthers(figures.usage.rows, ofMonth, { all: figures.allocations.byDimension, shown: sums.byDimension });
  const charges = hideUsedCharges(insights.charges ?? [], { used, teams: hidden, isOthers: (caller) => ofSmallTeams.has(caller) || ofMonth.callers.has(caller), isPerson: known.isPerson, smallestGroup });
  const folded: ReportParts = {
    figures: {
      ...figures,
      usage: { ...figures.usage, rows: hideUsage(figures.usage.rows, ofMonth) },
      allocations: { ...figures.allocations, ...sums, rows: hideLines(figures.allocations.rows, hidden) },
    },
    insights: {
      ...insights,
      drivers: compared === null ? [] : hideCompanyDrivers(insights.drivers, (driver) => isOthers(driver) || (driver.kind === "charge" && !charges.some(({ name }) => name === driver.name) && insights.charges?.some(({ name }) => name === driver.name) === true), compared, smallestGroup),
      teams: teams.map(({ detail }) => detail),
      ...(insights.charges === undefined ? {} : { charges }),
      days: hideDays(insights.days, (date) => crowds.peopleOf(null, "day", date), smallestGroup).shown,
      cacheSavings: hideSavings(insights.cacheSavings, ofMonth),
      topSessions: [],
    },
    corrections: hideCorrections(corrections, smallestGroup, (name) => hidden.get(name)?.isSmall === true),
  };
  const holders = used.flatMap(({ charge: { seats } }) => seats?.held ?? []).map(({ login }) => login);
  const before = compared === null ? [] : compared.before.flatMap((crowd) => crowd.people);
  const corrected = corrections.filter(({ callerType }) => callerType === "user").map(({ caller }) => caller);
  const hideNames = hidingNames([...everybody, ...holders, ...before, ...corrected, ...logins], key);
  return { ...inOrder(replaceTexts(folded, hideNames)), hiding: { smallestGroup, teams: hidden, hideNames } };
}

/** Replaces logins by pseudonyms, each text once. */
export function hidingNames(logins: readonly string[], key: Buffer): (text: string) => string {
  const replace = loginsReplacer(namePeople(logins, key));
  const remembered = remember((text) => ({ text: replace(text) }));
  return (text) => remembered(text).text;
}

function hideLines(lines: readonly AllocationLine[], hidden: ReadonlyMap<string, HiddenOfTeam>): AllocationLine[] {
  const recoded = lines.map((line): AllocationLine => {
    const of = hidden.get(nameTeam(line));
    if (of === undefined) return line;
    return {
      ...line,
      caller: of.callers.has(line.caller) ? OTHERS : line.caller,
      tag: of.tags.has(line.tag) ? OTHERS : line.tag,
      ...(of.models.has(nameModel(line)) ? { provider: OTHERS, model: OTHERS, rule: hideModelOfRule(line) } : {}),
    };
  });
  return mergeRows(recoded, placeOfLine);
}

function placeOfLine({ team, costCenter, caller, tag, provider, model, billing, method, rule }: AllocationLine): (string | null)[] {
  return [team, costCenter, caller, tag, provider, model, billing, method, rule];
}

function inOrder({ figures: { usage, allocations, ...figures }, insights, corrections }: ReportParts): ReportParts {
  return {
    figures: {
      ...figures,
      usage: { ...usage, rows: sortBy(usage.rows, ({ instance, caller, callerType, tags, provider, model, billing }) => [instance, caller, callerType, ...tags, provider, model, billing]) },
      allocations: { ...allocations, rows: sortBy(allocations.rows, placeOfLine) },
    },
    insights: { ...insights, ...(insights.charges === undefined ? {} : { charges: orderSeats(insights.charges) }) },
    corrections: orderCorrections(corrections),
  };
}

function sortBy<Row>(rows: readonly Row[], placeOf: (row: Row) => (string | null)[]): Row[] {
  return rows.map((row) => ({ row, place: JSON.stringify(placeOf(row)) })).toSorted((a, b) => (a.place < b.place ? -1 : 1)).map(({ row }) => row);
}
