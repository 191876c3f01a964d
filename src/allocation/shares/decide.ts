import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { compileCondition, type Subject } from "./conditions.ts";
import type { Belonging, Directory } from "../settings/directory.ts";
import type { RuleInForce, SettingsInForce } from "../settings/in-force.ts";
import type { Weights } from "../settings/settings.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** How a team came to pay for a usage. The last three and `adjustment` belong to shared costs, discounts and markups. */
export type Method = (typeof METHODS)[number];
export const METHODS = [
  "member",
  "tag_owner",
  "rule",
  "split_even",
  "split_weights",
  "primary",
  "unallocated",
  "pool_even",
  "pool_weights",
  "pool_proportional",
  "adjustment",
] as const;

/** The teams that pay for a usage, before shared costs are spread. */
interface Decision {
  method: Method;
  /** Name of the rule, or `directory` or `default` where no rule applied. */
  rule: string;
  /** At least one; with several, the weights may have any unit. */
  shares: readonly TeamShare[];
}

export interface TeamShare {
  team: string;
  weight: bigint;
}

export type Decide = (usage: UsageKey) => Decision;

/** No rule applied and the directory decides: the caller is in at most one team. */
const DIRECTORY = "directory";
/** No rule applied, and the caller is in several teams. */
export const DEFAULT_RULE = "default";

type ApplyRule = (subject: Subject, belongings: readonly Belonging[]) => Decision | undefined;

/** The first applicable rule decides; without one, the directory does. */
export function decider(settings: Pick<SettingsInForce, "rules" | "several">, directory: Directory): Decide {
  const rules = settings.rules.map(compileRule);
  return (usage) => {
    const belongings = directory.teamsOf(usage);
    const subject = describeSubject(usage, belongings, directory);
    for (const apply of rules) {
      const decision = apply(subject, belongings);
      if (decision !== undefined) return decision;
    }
    return decideByDirectory(belongings, settings.several);
  };
}

export function describeSubject(usage: UsageKey, belongings: readonly Belonging[], directory: Directory): Subject {
  return { ...usage, groups: directory.groupsOf(usage.caller), teams: belongings.map(({ team }) => team) };
}

function decideByDirectory(belongings: readonly Belonging[], several: SettingsInForce["several"]): Decision {
  const [first, second] = belongings;
  if (first === undefined) return giveNobody(DIRECTORY);
  if (second === undefined) return { method: first.by, rule: DIRECTORY, shares: [whole(first.team)] };
  switch (several) {
    case "primary":
      return { method: "primary", rule: DEFAULT_RULE, shares: [whole(first.team)] };
    case "even":
      return splitEvenly(belongings, DEFAULT_RULE);
    case "unallocated":
      return giveNobody(DEFAULT_RULE);
    default:
      return several satisfies never;
  }
}

/** A rule that cannot decide for a caller (no team to split over, an unknown value) leaves the decision to the next rule. */
function compileRule(rule: RuleInForce): ApplyRule {
  const applies = compileCondition(rule.when);
  const decide = compileOutcome(rule);
  return (subject, belongings) => (applies(subject) ? decide(subject, belongings) : undefined);
}

function compileOutcome({ name, team, by, teams, primary, split }: RuleInForce): ApplyRule {
  if (team !== undefined) return () => ({ method: "rule", rule: name, shares: [whole(team)] });
  if (by !== undefined) return compileBy(name, by, teams ?? new Map());
  if (primary !== undefined) return (_, belongings) => givePrimary(name, belongings, primary);
  if (split === "even") return (_, belongings) => (belongings.length === 0 ? undefined : splitEvenly(belongings, name));
  if (split !== undefined) return () => ({ method: "split_weights", rule: name, shares: sharesOf(split) });
  return () => giveNobody(name);
}

function compileBy(name: string, dimension: string, teams: ReadonlyMap<string, string>): ApplyRule {
  const owners = [...teams].map(([pattern, team]) => ({ matches: matchName(pattern), team }));
  return ({ dimensions }) => {
    const value = Object.hasOwn(dimensions, dimension) ? dimensions[dimension] : undefined;
    const owner = value === undefined ? undefined : owners.find(({ matches }) => matches(value));
    return owner && { method: "rule", rule: name, shares: [whole(owner.team)] };
  };
}

function givePrimary(rule: string, belongings: readonly Belonging[], order: true | readonly string[]): Decision | undefined {
  const teams = belongings.map(({ team }) => team);
  const team = order === true ? teams[0] : order.find((name) => teams.includes(name));
  return team === undefined ? undefined : { method: "primary", rule, shares: [whole(team)] };
}

function splitEvenly(belongings: readonly Belonging[], rule: string): Decision {
  return { method: "split_even", rule, shares: belongings.map(({ team }) => whole(team)) };
}

function giveNobody(rule: string): Decision {
  return { method: "unallocated", rule, shares: [whole(UNALLOCATED)] };
}

function whole(team: string): TeamShare {
  return { team, weight: 1n };
}

/** Weights have up to three decimals. A team with weight 0 gets no part. */
export function sharesOf(weights: Weights): TeamShare[] {
  const shares = [...weights].map(([team, weight]) => ({ team, weight: BigInt(Math.round(weight * 1000)) }));
  return shares.filter(({ weight }) => weight > 0n);
}
