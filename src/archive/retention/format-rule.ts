import type { RetentionRule } from "./retention-rule.ts";

const BETWEEN_RULES = "; ";

/** A rule in the syntax of the configuration: `content: bodies, keep: 90 days, teams: [payments, web]`. */
export function formatRule({ content, keep, instance, teams, callerType }: RetentionRule): string {
  const parts = [
    `content: ${content}`,
    `keep: ${keep.text}`,
    ...(instance === undefined ? [] : [`instance: ${quote(instance)}`]),
    ...(teams === undefined ? [] : [`teams: [${teams.map(quote).join(", ")}]`]),
    ...(callerType === undefined ? [] : [`caller_type: ${callerType}`]),
  ];
  return parts.join(", ");
}

/** Joins several rules into one text, sorted and without duplicates; `splitRules` is the inverse. */
export function joinRules(described: Iterable<string>): string {
  return [...new Set(described)].sort().join(BETWEEN_RULES);
}

export function splitRules(text: string): string[] {
  return text.split(BETWEEN_RULES);
}

/** Quotes names with special characters and escapes semicolons, which would end the rule. */
function quote(name: string): string {
  return /^[\w.@:-]+$/.test(name) ? name : JSON.stringify(name).replaceAll(";", "\\u003b");
}
