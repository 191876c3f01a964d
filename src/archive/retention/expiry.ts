import { addDuration } from "./duration.ts";
import type { RetentionRule } from "./retention-rule.ts";

/** The owner of a record; `unread`: unknown, since the record was quarantined or could not be read. */
export type RecordOwner = { callerType: "user" | "tag" | "unknown"; teams: readonly string[] } | "unread";

/** When something expires, and under which rule. */
export interface Expiry {
  at: Date;
  rule: RetentionRule;
}

/** The rules that apply to a gateway, in their order. */
export function rulesOf(rules: readonly RetentionRule[], instance: string): RetentionRule[] {
  return rules.filter((rule) => rule.instance === undefined || rule.instance === instance);
}

/** Whether a rule depends on the records' callers. */
export function dependsOnCallers({ teams, callerType }: RetentionRule): boolean {
  return teams !== undefined || callerType !== undefined;
}

/**
 * When a record or its bodies expire: the first matching rule for that content decides; undefined (never) if no rule matches.
 * An unread record is kept for the longest of the rules that may match it, and for ever if possibly none does.
 * @param rules the rules for its gateway. @param made when its export was made.
 */
export function expiryOf(rules: readonly RetentionRule[], content: RetentionRule["content"], owner: RecordOwner, made: Date): Expiry | undefined {
  let latest: Expiry | undefined;
  for (const rule of rules) {
    const match = rule.content === content ? matchOf(rule, owner) : "no";
    if (match === "no") continue;
    const at = addDuration(made, rule.keep);
    if (latest === undefined || at > latest.at) latest = { at, rule };
    if (match === "yes") return latest;
  }
  return undefined;
}

/** The rules whose time is over for an export. */
export function dueRules(rules: readonly RetentionRule[], made: Date, now: Date): RetentionRule[] {
  return rules.filter((rule) => addDuration(made, rule.keep) <= now);
}

function matchOf(rule: RetentionRule, owner: RecordOwner): "yes" | "no" | "perhaps" {
  if (!dependsOnCallers(rule)) return "yes";
  if (owner === "unread") return "perhaps";
  const { teams, callerType } = rule;
  if (callerType !== undefined && callerType !== owner.callerType) return "no";
  return teams === undefined || teams.some((team) => owner.teams.includes(team)) ? "yes" : "no";
}
