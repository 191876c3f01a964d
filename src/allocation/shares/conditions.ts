import { matchAny, matchCaller } from "../../ledger/names/written-name.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";
import type { Condition } from "../settings/settings.ts";

/** A usage with its caller's entry in the directory. */
export interface Subject extends UsageKey {
  groups: readonly string[];
  /** Teams that the caller belongs to. */
  teams: readonly string[];
  /** The paying team, where that is already decided. */
  team?: string;
}

type Test = (subject: Subject) => boolean;

/** Compiles a condition: all of its properties must match. */
export function compileCondition(condition: Condition): Test {
  const tests = [...condition].map(([name, wanted]) => compileProperty(name, wanted));
  return (subject) => tests.every((test) => test(subject));
}

function compileProperty(name: string, wanted: string | readonly string[] | null): Test {
  if (name === "teams") return compileTeams(wanted);
  const matches = wanted === null ? undefined : compileNames(name, [wanted].flat());
  const valuesOf = VALUES.get(name) ?? (({ dimensions }: Subject) => (Object.hasOwn(dimensions, name) ? [dimensions[name] ?? ""] : []));
  if (matches === undefined) return (subject) => valuesOf(subject).length === 0;
  return (subject) => valuesOf(subject).some(matches);
}

/** Properties that are not dimensions. */
const VALUES: ReadonlyMap<string, (subject: Subject) => readonly string[]> = new Map([
  ["caller", ({ caller }) => [caller]],
  ["tag", ({ tags }) => tags],
  ["group", ({ groups }) => groups],
  ["gateway", ({ instance }) => [instance]],
  ["provider", ({ provider }) => [provider]],
  ["model", ({ model }) => [model]],
  ["billing", ({ billing }) => [billing]],
  ["team", ({ team }) => (team === undefined ? [] : [team])],
]);

/** Teams are only matched by their exact names. */
function compileNames(property: string, names: readonly string[]): (text: string) => boolean {
  if (property === "team") return (text) => names.includes(text);
  return property === "caller" ? matchAny(names, matchCaller) : matchAny(names);
}

function compileTeams(wanted: string | readonly string[] | null): Test {
  if (wanted === "none") return ({ teams }) => teams.length === 0;
  if (wanted === "several") return ({ teams }) => teams.length > 1;
  const names = wanted === null ? [] : [wanted].flat();
  return ({ teams }) => names.every((name) => teams.includes(name));
}
