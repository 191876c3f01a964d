import { join } from "node:path";
import type { ExpectedExport } from "../chain/expected-exports.ts";
import { protectionOf } from "../copies/protection.ts";
import { formatRule, splitRules } from "../retention/format-rule.ts";
import { dependsOnCallers, dueRules } from "../retention/expiry.ts";
import type { RetentionRule } from "../retention/retention-rule.ts";
import { coversWholeGateway } from "../retention/selection-covers.ts";
import { decideOn, expiredPart, type Verdict } from "../retention/verdict.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import type { Protection } from "../../storage/object-locks.ts";
import { inspectCopy, type InspectedCopy } from "./inspect-copy.ts";
import type { Chain } from "./load-chain.ts";
import type { Gateway } from "./open-gateways.ts";
import type { Cause } from "./purge-plan.ts";

/** What retention does with a copy at a time. Counts are null if the copy did not have to be read. */
export type CopyOutcome =
  | Exclude<Verdict, { what: "reduce" }>
  | { what: "reduce"; rule: string; records: number | null; bodies: number | null }
  /** Something in it has expired, but it stays. */
  | { what: "stay"; cause: Cause };

/** A copy whose outcome can be asked for several times. It is read at most once, and only if a rule depends on callers or a hold on records. */
export interface OpenCopy {
  size: number;
  /** When its lock ends; undefined if it has none. */
  lockedUntil(): Promise<Date | undefined>;
  /** The outcome if nothing but the time changes. */
  outcomeAt(now: Date): Promise<CopyOutcome>;
}

const ALTERED: CopyOutcome = { what: "stay", cause: { kind: "other", why: "it is not what the digests say: see aperture-ledger archive verify" } };
const UNLISTED: CopyOutcome = { what: "stay", cause: { kind: "other", why: "no digest lists it yet: aperture-ledger archive seal" } };
const DAMAGED: CopyOutcome = { what: "stay", cause: { kind: "other", why: "it is damaged: rewriting it would lose what follows the damage" } };

export function openCopy(gateway: Gateway, one: KnownExport): OpenCopy {
  const { ledger, chain, present, rules, holds, workspace } = gateway;
  const { archive: key } = one;
  const made = new Date(one.time);
  const expected = chain.expected.get(key);
  const isDone = appliedRules(chain, key);
  const size = present.get(key)?.size ?? expected?.now?.size ?? 0;
  const protection = once(async () => await protectionOf(ledger.stores.archive, key));
  const inspected = once(async (): Promise<InspectedCopy | undefined> => {
    const file = join(workspace, "copy");
    const { sha256 } = await ledger.stores.archive.download(key, file);
    return sha256 === expected?.now?.sha256 ? await inspectCopy(ledger, one, file, { rules, holds }) : undefined;
  });

  const verdictAt = async (now: Date): Promise<CopyOutcome> => {
    if (!rules.some(dependsOnCallers)) {
      const verdict = decideOn([expiredPart(rules, "unread", made, now)], isDone);
      if (verdict.what === "keep") return verdict;
      if (holds.length === 0) return verdict.what === "reduce" ? { ...verdict, records: null, bodies: null } : verdict;
    }
    const copy = await inspected();
    if (copy === undefined) return ALTERED;
    const { expiredParts, rest } = copy.expiredAt(now);
    const whole = rest === undefined ? expiredParts : [...expiredParts, rest];
    const verdict = decideOn(whole.length === 0 ? [expiredPart(rules, "unread", made, now)] : whole, isDone);
    return verdict.what === "keep" || copy.holds.length === 0 ? verdict : { what: "stay", cause: { kind: "hold", holds: copy.holds } };
  };

  return {
    size,
    lockedUntil: async () => lockEnd(expected?.listed, await protection()),
    outcomeAt: async (now) => {
      if (dueRules(rules, made, now).every(isDone)) return { what: "keep" };
      if (expected?.now === undefined || expected.now === null) return UNLISTED;
      if (size !== expected.now.size || !present.has(key)) return ALTERED;
      const cause = whyLocked(gateway, expected.listed, await protection(), now);
      if (cause !== undefined) return { what: "stay", cause };
      const outcome = await verdictAt(now);
      return outcome.what === "reduce" && one.damaged ? DAMAGED : outcome;
    },
  };
}

/** Whether a rule was already applied to a copy, so that nothing in it is left to remove. */
function appliedRules({ expected, changes }: Chain, key: string): (rule: RetentionRule) => boolean {
  const done = new Set((changes.get(key) ?? []).flatMap(({ event }) => splitRules(event.rule)));
  const withoutBodies = expected.get(key)?.listed.bodies === "drop";
  return (rule) => (withoutBodies && rule.content === "bodies") || done.has(formatRule(rule));
}

/** Why the copy cannot change: a lock, a hold on the whole gateway, or a legal hold on the object itself. */
export function whyLocked({ holds }: Pick<Gateway, "holds">, listed: ExpectedExport["listed"], protection: Protection | undefined, now: Date): Cause | undefined {
  const until = lockEnd(listed, protection);
  if (until !== undefined && until > now) return { kind: "lock", until: until.toISOString() };
  const whole = holds.filter(({ selection }) => coversWholeGateway(selection));
  if (whole.length > 0) return { kind: "hold", holds: whole };
  return protection?.legalHold === true ? { kind: "store_hold" } : undefined;
}

/** The later end of the promised lock and the store's. */
function lockEnd(listed: ExpectedExport["listed"] | undefined, protection: Protection | undefined): Date | undefined {
  const ends = [listed?.retention?.until, protection?.retention?.until].filter((end) => end !== undefined).map((end) => new Date(end));
  return ends.sort((a, b) => a.getTime() - b.getTime()).at(-1);
}

function once<Value>(find: () => Promise<Value>): () => Promise<Value> {
  let found: Promise<Value> | undefined;
  return () => (found ??= find());
}
