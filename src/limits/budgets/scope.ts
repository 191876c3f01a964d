import { BILLINGS, isListValue } from "../../ledger/usage/usage-record.ts";
import { matchAny, matchCaller } from "../../ledger/names/written-name.ts";
import type { Scope } from "./budget.ts";
import type { DaySpend } from "./spend.ts";

type Spender = Omit<DaySpend, "day" | "cost">;

const OWED: readonly string[] = BILLINGS.filter((billing) => !isListValue(billing));

/** Properties that are not dimensions, in the order in which a scope is worded. */
const VALUES: ReadonlyMap<string, (spend: Spender) => string> = new Map([
  ["team", ({ team }) => team],
  ["tag", ({ tag }) => tag],
  ["caller", ({ caller }) => caller],
  ["gateway", ({ instance }) => instance],
  ["provider", ({ provider }) => provider],
  ["model", ({ model }) => model],
  ["billing", ({ billing }) => billing],
]);

/** Compiles a scope: all of its properties must match. @param pseudonyms of callers that it names. */
export function scopeMatcher(named: Scope, pseudonyms: readonly string[] = []): (spend: Spender) => boolean {
  const callers = pseudonyms.length === 0 ? [] : [["caller", [named.get("caller") ?? [], pseudonyms].flat()] as const];
  const scope = new Map<string, Wanted>([["billing", OWED], ...named, ...callers]);
  const tests = [...scope].map(([name, wanted]) => compileProperty(name, wanted));
  return (spend) => tests.every((test) => test(spend));
}

type Wanted = string | readonly string[] | null;

function compileProperty(name: string, wanted: Wanted): (spend: Spender) => boolean {
  if (wanted === null) return ({ dimensions }) => !Object.hasOwn(dimensions, name);
  const matches = compileNames(name, [wanted].flat());
  const valueOf = VALUES.get(name) ?? (({ dimensions }: Spender) => (Object.hasOwn(dimensions, name) ? dimensions[name] : undefined));
  return (spend) => {
    const value = valueOf(spend);
    return value !== undefined && matches(value);
  };
}

/** Teams are only matched by their exact names. */
function compileNames(property: string, names: readonly string[]): (value: string) => boolean {
  if (property === "team") return (value) => names.includes(value);
  return property === "caller" ? matchAny(names, matchCaller) : matchAny(names);
}

/** `team payments, model claude-opus-* or gpt-*, no repo`; `everything`. */
export function describeScope(scope: Scope): string {
  const order = [...VALUES.keys()];
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const parts = [...scope]
    .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([name, wanted]) => (wanted === null ? `no ${name}` : `${name} ${[wanted].flat().join(" or ")}`));
  return parts.length === 0 ? "everything" : parts.join(", ");
}

/** Whether a budget counts the usage of callers that it names. */
export function isOfCallers(scope: Scope): boolean {
  return scope.has("caller");
}

/** Teams that a scope names, or none. */
export function teamsOfScope(scope: Scope): string[] {
  const team = scope.get("team");
  return team === undefined || team === null ? [] : [team].flat();
}

/** The gateways whose usage may count. */
export function gatewaysOfScope(scope: Scope, gateways: readonly string[]): readonly string[] {
  const wanted = scope.get("gateway");
  return wanted === undefined || wanted === null ? gateways : gateways.filter(compileNames("gateway", [wanted].flat()));
}
