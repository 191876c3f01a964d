import { OTHERS, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { descending } from "../../ledger/orders.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { type Correction, CORRECTION_CAUSES } from "../corrections/correction.ts";
import { nameTeam } from "../report/name-team.ts";
import { addKnown } from "./add-figures.ts";
import { chooseFolded, isFew, type People } from "./choose-folded.ts";
import { isDirect } from "./hide-team.ts";
import { hideModelOfRule, nameModel } from "./hiding.ts";

/**
 * Merges the corrections of a team and month that are about few people. In corrections about more people, models, tags and values of dimensions that
 * few of them use become `(others)`, as in the team's tables. The team's sums by cause, provider and billing stay.
 * @param isSmallTeam by `nameTeam`: whether the team's tables are about few people
 */
export function hideCorrections(corrections: readonly Correction[], smallestGroup: number, isSmallTeam: (name: string) => boolean): Correction[] {
  const groups = Map.groupBy(corrections, (one) => JSON.stringify([one.corrects, nameTeam(one)]));
  return [...groups.values()].flatMap((group) => {
    const isOfSmall = group.some((one) => isSmallTeam(nameTeam(one)));
    return isOfSmall || isFew(peopleBehind(group), smallestGroup) ? addAlike(group.map((one) => hideAll(one, group))) : hideFewValues(group, smallestGroup);
  });
}

/** Logins of the people whose own usage is corrected; without such people, of those whose usage is shared. */
function peopleBehind(group: readonly Correction[]): People {
  const ofPeople = group.filter(({ callerType }) => callerType === "user");
  const own = ofPeople.filter(({ method }) => isDirect(method));
  return new Set((own.length > 0 ? own : ofPeople).map(({ caller }) => caller));
}

function hideAll(one: Correction, group: readonly Correction[]): Correction {
  const callerType = group.every((other) => other.callerType === "user") ? "user" : "unknown";
  return { ...one, caller: OTHERS, callerType, tag: UNTAGGED, dimensions: {}, model: OTHERS, rule: hideModelOfRule(one) };
}

function hideFewValues(group: readonly Correction[], smallestGroup: number): Correction[] {
  const few = (valueOf: (one: Correction) => string, of = group): ReadonlySet<string> => {
    const byValue = Map.groupBy(of, valueOf);
    const sizes = [...byValue].map(([value, rows]) => ({ value, size: rows.reduce((sum, { difference }) => sum + (difference < 0n ? -difference : difference), 0n) }));
    const inOrder = sizes.toSorted((a, b) => descending(a.size, b.size) || (a.value < b.value ? -1 : 1)).map(({ value }) => value);
    return chooseFolded(inOrder, (value): People => peopleBehind(byValue.get(value) ?? []), smallestGroup);
  };
  // Charges are separate from usage, as in the team's tables.
  const { charges = [], used = [] } = Object.groupBy(group, ({ billing }) => (billing === CHARGE ? "charges" : "used"));
  const models = { charges: few(nameModel, charges), used: few(nameModel, used) };
  const tags = few(({ tag }) => tag);
  const dimensions = [...new Set(group.flatMap((one) => Object.keys(one.dimensions)))].map((name) => ({ name, values: few((one) => nameValue(one, name)) }));
  const hidden = group.map((one): { one: Correction; changes: Partial<Correction> } => {
    const others = dimensions.filter(({ name, values }) => values.has(nameValue(one, name))).map(({ name }) => [name, OTHERS] as const);
    const changes = {
      ...(tags.has(one.tag) ? { tag: OTHERS } : {}),
      ...(others.length === 0 ? {} : { dimensions: { ...one.dimensions, ...Object.fromEntries(others) } }),
      ...(models[one.billing === CHARGE ? "charges" : "used"].has(nameModel(one)) ? { model: OTHERS, rule: hideModelOfRule(one) } : {}),
    };
    return { one, changes };
  });
  const { same = [], changed = [] } = Object.groupBy(hidden, ({ changes }) => (Object.keys(changes).length === 0 ? "same" : "changed"));
  return [...same.map(({ one }) => one), ...addAlike(changed.map(({ one, changes }) => ({ ...one, ...changes })))];
}

/** The value of a dimension; a request that does not give it has none. */
function nameValue({ dimensions }: Correction, name: string): string {
  return JSON.stringify(Object.hasOwn(dimensions, name) ? dimensions[name] : null);
}

function addAlike(group: readonly Correction[]): Correction[] {
  return [...Map.groupBy(group, placeOf).values()].flatMap((rows) => rows.slice(0, 1).map((first) => (rows.length === 1 ? first : {
    ...first,
    was: addKnown(rows.map(({ was }) => was)),
    is: addKnown(rows.map(({ is }) => is)),
    difference: rows.reduce((sum, { difference }) => sum + difference, 0n),
    requests: rows.reduce((sum, { requests }) => sum + requests, 0n),
  })));
}

/** In an order that does not depend on logins. */
export function orderCorrections(corrections: readonly Correction[]): Correction[] {
  return corrections.map((one) => ({ one, place: placeOf(one) })).toSorted((a, b) => (a.place < b.place ? -1 : 1)).map(({ one }) => one);
}

function placeOf({ corrects, cause, team, costCenter, caller, callerType, tag, dimensions, instance, provider, model, billing, method, rule, reason }: Correction): string {
  return JSON.stringify([corrects, CORRECTION_CAUSES.indexOf(cause), team, costCenter, caller, callerType, tag, Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1)), instance, provider, model, billing, method, rule, reason]);
}
