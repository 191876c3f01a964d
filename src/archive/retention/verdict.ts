import { formatRule, joinRules } from "./format-rule.ts";
import { expiryOf, type RecordOwner } from "./expiry.ts";
import type { RetentionRule } from "./retention-rule.ts";

/** The expired part of a record: `records` is the whole record. Null while all of it is kept. */
export type ExpiredPart = Pick<RetentionRule, "content"> & { rule: RetentionRule };

/** What retention does with a copy. */
export type Verdict =
  | { what: "keep" }
  /** All its records have expired. */
  | { what: "purge"; rule: string }
  /** Some records or bodies have expired; counts of both. */
  | { what: "reduce"; rule: string; records: number; bodies: number };

/** Finds the expired part of a record. @param rules the rules for its gateway. @param made when its export was made. */
export function expiredPart(rules: readonly RetentionRule[], owner: RecordOwner, made: Date, now: Date): ExpiredPart | null {
  for (const content of ["records", "bodies"] as const) {
    const expiry = expiryOf(rules, content, owner, made);
    if (expiry !== undefined && expiry.at <= now) return { content, rule: expiry.rule };
  }
  return null;
}

/**
 * The verdict on a copy, from the expired parts of its records.
 * @param isDone whether the bodies that a rule covers were already removed from the copy.
 */
export function decideOn(expiredParts: readonly (ExpiredPart | null)[], isDone: (rule: RetentionRule) => boolean): Verdict {
  const expired = expiredParts.filter((part) => part !== null);
  const gone = expired.filter(({ content }) => content === "records");
  if (gone.length > 0 && gone.length === expiredParts.length) return { what: "purge", rule: formatRules(gone) };
  const bodies = expired.filter(({ content, rule }) => content === "bodies" && !isDone(rule));
  if (gone.length === 0 && bodies.length === 0) return { what: "keep" };
  return { what: "reduce", rule: formatRules([...gone, ...bodies]), records: gone.length, bodies: bodies.length };
}

function formatRules(expiredParts: readonly ExpiredPart[]): string {
  return joinRules(expiredParts.map(({ rule }) => formatRule(rule)));
}
