import { addDuration } from "./duration.ts";
import type { RetentionRule } from "./retention-rule.ts";

/** Whose record it is; `unread`: nobody can tell, since the record was turned away or could not be read. */
export type RecordOwner = { callerType: "user" | "tag" | "unknown"; teams: readonly string[] } | "unread";

/** When something has been kept for long enough, and by which rule. */
export interface Expiry {
  at: Date;
  rule: RetentionRule;
}

/** Those that are about a gateway, in their order. */
export function rulesOf(rules: readonly RetentionRule[], instance: string): RetentionRule[] {
  return rules.filter((rule) => rule.instance === undefined || rule.instance === instance);
}

/** Whether it takes the records to tell what a rule is about. */
export function asksForCallers({ teams, callerType }: RetentionRule): boolean {
  return teams !== undefined || callerType !== undefined;
}

/**
 * When a record or its bodies expire: the first rule of that content that fits decides; undefined where none does, which is never.
 * What is unread is kept for as long as the longest of the rules that may be meant, and for ever where possibly none is.
 * @param rules those about its gateway. @param made when its export was made.
 */
export function expiryOf(rules: readonly RetentionRule[], content: RetentionRule["content"], owner: RecordOwner, made: Date): Expiry | undefined {
  let latest: Expiry | undefined;
  for (const rule of rules) {
    const fit = rule.content === content ? fitOf(rule, owner) : "no";
    if (fit === "no") continue;
    const at = addDuration(made, rule.keep);
    if (latest === undefined || at > latest.at) latest = { at, rule };
    if (fit === "yes") return latest;
  }
  return undefined;
}

/** Rules that let something of an export go by now. */
export function dueRules(rules: readonly RetentionRule[], made: Date, now: Date): RetentionRule[] {
  return rules.filter((rule) => addDuration(made, rule.keep) <= now);
}

function fitOf(rule: RetentionRule, owner: RecordOwner): "yes" | "no" | "perhaps" {
  if (!asksForCallers(rule)) return "yes";
  if (owner === "unread") return "perhaps";
  const { teams, callerType } = rule;
  if (callerType !== undefined && callerType !== owner.callerType) return "no";
  return teams === undefined || teams.some((team) => owner.teams.includes(team)) ? "yes" : "no";
}
