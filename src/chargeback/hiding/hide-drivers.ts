import { z } from "zod";
import { descending } from "../../ledger/orders.ts";
import type { ChangeDriver } from "../report/drivers.ts";
import { nameTeam } from "../report/name-team.ts";
import type { UsageRow } from "../report/sum-month.ts";
import type { AllocationSums } from "../report/summarise-allocations.ts";
import { chooseFolded, isFew, type People } from "./choose-folded.ts";
import type { ComparedCrowds, DriverCrowd } from "./driver-crowds.ts";
import type { HiddenOfMonth } from "./hide-company.ts";
import type { HiddenOfTeam } from "./hiding.ts";

/** A possible driver of a change: a row of one of the compared tables. */
type DriverName = Pick<ChangeDriver, "kind" | "name">;

/**
 * Leaves out drivers of a team's change that are about few people in one of the spans, or that would reveal something about few people as the
 * remainder of a sum. A team that paid for few people in one of the spans gets no drivers.
 */
export function hideTeamDrivers(drivers: readonly ChangeDriver[], { hidden, compared, smallestGroup }: { hidden: HiddenOfTeam; compared: ComparedCrowds; smallestGroup: number }): ChangeDriver[] {
  const groups = [compared.before, compared.now].flatMap((span) => [...groupByTeam(span.filter((crowd) => crowd.team === hidden.team)).values()]);
  if (hidden.isSmall || groups.some((group) => isSmallTeam(group, smallestGroup))) return [];
  const folded = new Set(groups.flatMap((group) => foldValues(group, ({ own, people }) => (own.length > 0 ? own : people), smallestGroup)));
  const named = [...hidden.models].map((model) => z.tuple([z.string(), z.string()]).parse(JSON.parse(model)));
  const [models, charges] = [new Set(named.map((parts) => parts.join("/"))), new Set(named.map(([, charge]) => charge))];
  return drivers.filter((driver) => {
    const { kind, name } = driver;
    const isOthers = (kind === "model" && models.has(name)) || (kind === "charge" && charges.has(name)) || (kind === "caller" && hidden.callers.has(name)) || (hidden.values.get(kind)?.has(name) ?? false);
    return !isOthers && !folded.has(nameDriver(driver));
  });
}

/** Hides drivers of the company's change. People of small teams are left out, as in the company's other tables. */
export function hideCompanyDrivers(drivers: readonly ChangeDriver[], isOthers: (driver: DriverName) => boolean, compared: ComparedCrowds, smallestGroup: number): ChangeDriver[] {
  const spans = [compared.before, compared.now];
  const folded = new Set(spans.flatMap((span) => [...foldValues(span, ({ people }) => people, smallestGroup), ...foldCallers(span, smallestGroup)]));
  return drivers.filter((driver) => !isOthers(driver) && !folded.has(nameDriver(driver)));
}

/** Whether the company's tables fold a model, a caller or a value into `(others)`. */
export function findOthers(rows: readonly UsageRow[], { callers, models, providers }: HiddenOfMonth, dimensions: { all: AllocationSums["byDimension"]; shown: AllocationSums["byDimension"] }): (driver: DriverName) => boolean {
  const shown = new Set(nameValues(dimensions.shown));
  const others = new Set([
    ...[...callers].map((name) => nameDriver({ kind: "caller", name })),
    ...rows.filter(({ provider, model }) => providers.has(provider) || models.has(model)).map(({ provider, model }) => nameDriver({ kind: "model", name: `${provider}/${model}` })),
    ...nameValues(dimensions.all).filter((name) => !shown.has(name)),
  ]);
  return (driver) => others.has(nameDriver(driver));
}

function nameValues(tables: AllocationSums["byDimension"]): string[] {
  return tables.flatMap(({ name: kind, rows }) => rows.filter(({ key }) => key.given).map(({ key }) => nameDriver({ kind, name: key.value })));
}

/** Whether a team and cost centre paid for few people in the earlier span: its averages would then reveal their number and what each of them cost. */
export function wasSmall(name: string, { before }: ComparedCrowds, smallestGroup: number): boolean {
  return isSmallTeam(before.filter((crowd) => nameTeam(crowd) === name), smallestGroup);
}

function groupByTeam(crowds: readonly DriverCrowd[]): ReadonlyMap<string, DriverCrowd[]> {
  return Map.groupBy(crowds, nameTeam);
}

function isSmallTeam(group: readonly DriverCrowd[], smallestGroup: number): boolean {
  return isFew(new Set(group.flatMap(({ own }) => own)), smallestGroup);
}

interface Row extends DriverName {
  people: People;
  cost: bigint;
}

/**
 * Names of models and values that the tables of a span fold into `(others)`. Among rows with equally many people, the amounts decide which one is
 * folded too; since other reports may print those amounts, all such rows are included.
 */
function foldValues(crowds: readonly DriverCrowd[], peopleOf: (crowd: DriverCrowd) => readonly string[], smallestGroup: number): string[] {
  return [...Map.groupBy(crowds.filter(({ kind }) => kind !== "caller"), ({ kind }) => kind).values()].flatMap((ofKind) => {
    const rows = mergeCrowds(ofKind, peopleOf);
    const sizes = [...chooseFolded(rows, ({ people }) => people, smallestGroup)].map(({ people }) => people.size);
    const [most, withNobody] = [Math.max(0, ...sizes), sizes.includes(0)];
    return rows.filter(({ people }) => (people.size === 0 ? withNobody : people.size <= most)).map(nameDriver);
  });
}

/** Callers whom small teams pay for and callers who are folded with them, in the order of the table by caller. */
function foldCallers(span: readonly DriverCrowd[], smallestGroup: number): string[] {
  const ofSmallTeams = new Set([...groupByTeam(span).values()].filter((group) => isSmallTeam(group, smallestGroup)).flatMap((group) => group.flatMap(({ own }) => own)));
  const rows = mergeCrowds(span.filter(({ kind }) => kind === "caller"), ({ people }) => people);
  return [...chooseFolded(rows, ({ people }) => people, smallestGroup, ({ name }) => ofSmallTeams.has(name))].map(nameDriver);
}

/** One row for each name, most expensive first. Requests without a value of the dimension have a row too. */
function mergeCrowds(crowds: readonly DriverCrowd[], peopleOf: (crowd: DriverCrowd) => readonly string[]): Row[] {
  return [...Map.groupBy(crowds, ({ kind, name }) => JSON.stringify([kind, name])).values()]
    .flatMap((alike) => alike.slice(0, 1).map(({ kind, name }): Row => ({ kind, name: name ?? "", people: new Set(alike.flatMap(peopleOf)), cost: alike.reduce((sum, { cost }) => sum + cost, 0n) })))
    .toSorted((a, b) => descending(a.cost, b.cost) || (a.name < b.name ? -1 : 1));
}

function nameDriver({ kind, name }: DriverName): string {
  return JSON.stringify([kind, name]);
}
