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
  const valuesOf = PROPERTIES.get(name)?.valuesOf ?? (({ dimensions }: Subject) => (Object.hasOwn(dimensions, name) ? [dimensions[name] ?? ""] : []));
  if (matches === undefined) return (subject) => valuesOf(subject).length === 0;
  return (subject) => valuesOf(subject).some(matches);
}

interface Property {
  valuesOf: (subject: Subject) => readonly string[];
  /** The column of the usage key that decides it; null where who the caller is decides it. */
  column: string | null;
}

/** Properties that are not dimensions. */
const PROPERTIES: ReadonlyMap<string, Property> = new Map<string, Property>([
  ["caller", { valuesOf: ({ caller }) => [caller], column: "caller" }],
  ["tag", { valuesOf: ({ tags }) => tags, column: "tags" }],
  ["group", { valuesOf: ({ groups }) => groups, column: null }],
  ["gateway", { valuesOf: ({ instance }) => [instance], column: "instance" }],
  ["provider", { valuesOf: ({ provider }) => [provider], column: "provider" }],
  ["model", { valuesOf: ({ model }) => [model], column: "model" }],
  ["billing", { valuesOf: ({ billing }) => [billing], column: "billing" }],
  ["team", { valuesOf: ({ team }) => (team === undefined ? [] : [team]), column: null }],
  ["teams", { valuesOf: ({ teams }) => teams, column: null }],
]);

/** The columns of the usage key, besides those that say who the caller is, that conditions ask for. */
export function columnsAsked(conditions: readonly Condition[]): Set<string> {
  const asked = conditions.flatMap((condition) => [...condition.keys()]).map((name) => {
    const property = PROPERTIES.get(name);
    return property === undefined ? "dimensions" : property.column;
  });
  return new Set(asked.filter((column) => column !== null));
}

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
