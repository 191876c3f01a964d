import { describeRule, joinRules } from "./describe-rule.ts";
import { expiryOf, type RecordOwner } from "./expiry.ts";
import type { RetentionRule } from "./retention-rule.ts";

/** What of a record has expired: `records` is all of it. Null while it is kept as it is. */
export type Fate = Pick<RetentionRule, "content"> & { rule: RetentionRule };

/** What is to be done with a copy. */
export type Verdict =
  | { what: "keep" }
  /** All of its records have expired. */
  | { what: "purge"; rule: string }
  /** Some records or bodies have; counts of both. */
  | { what: "reduce"; rule: string; records: number; bodies: number };

/**
 * @param rules those about its gateway. @param made when its export was made.
 */
export function fateOf(rules: readonly RetentionRule[], owner: RecordOwner, made: Date, now: Date): Fate | null {
  for (const content of ["records", "bodies"] as const) {
    const expiry = expiryOf(rules, content, owner, made);
    if (expiry !== undefined && expiry.at <= now) return { content, rule: expiry.rule };
  }
  return null;
}

/**
 * The verdict over a copy from the fates of all that is in it.
 * @param isDone whether the bodies that a rule is about were left out of the copy before.
 */
export function judge(fates: readonly (Fate | null)[], isDone: (rule: RetentionRule) => boolean): Verdict {
  const expired = fates.filter((fate) => fate !== null);
  const gone = expired.filter(({ content }) => content === "records");
  if (gone.length > 0 && gone.length === fates.length) return { what: "purge", rule: describe(gone) };
  const bodies = expired.filter(({ content, rule }) => content === "bodies" && !isDone(rule));
  if (gone.length === 0 && bodies.length === 0) return { what: "keep" };
  return { what: "reduce", rule: describe([...gone, ...bodies]), records: gone.length, bodies: bodies.length };
}

function describe(fates: readonly Fate[]): string {
  return joinRules(fates.map(({ rule }) => describeRule(rule)));
}
