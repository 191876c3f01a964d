import type { GrantedModels } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import type { AccessAttempt } from "./access-use.ts";
import { sourceMatcher } from "./grant-source.ts";
import type { Judgement, PlacedGrant } from "./judge-access.ts";
import { isUnresolved, type KnownPeople } from "./unresolved-source.ts";

export interface UnusedPattern {
  grant: PlacedGrant;
  pattern: string;
  /** The last use, before the time since which it counts as unused; null: never in the examined period. */
  lastUsed: Date | null;
  /** Whether a caller to whom the grant may apply used such a model since then: only Tailscale can resolve that. */
  perhapsUsed: boolean;
  /** Whether the pattern matched requests since then, but a more specific pattern of the same grant decided. */
  overruled: boolean;
}

/** The last certain and the last possible use, and the last request that a pattern matched, whether it decided or not. */
export interface LastUses {
  sure: ReadonlyMap<GrantedModels, Date>;
  perhaps: ReadonlyMap<GrantedModels, Date>;
  matched: ReadonlyMap<GrantedModels, Date>;
}

/** An entry of a grant's `src` that matches no caller with a request. */
export interface UnseenSource {
  grant: PlacedGrant;
  entry: string;
  /** Whether only Tailscale can resolve it. */
  isUnresolved: boolean;
}

/**
 * A use is a request that the gateway let through, whatever its result. Only the deciding pattern of a grant counts as used.
 * @param wasLetIn whether the gateway may have let a request through.
 */
export function findLastUses(attempts: readonly AccessAttempt[], judge: (attempt: AccessAttempt) => Pick<Judgement, "decided" | "perhaps" | "matching">, wasLetIn: (attempt: AccessAttempt) => boolean): LastUses {
  const sure = new Map<GrantedModels, Date>();
  const perhaps = new Map<GrantedModels, Date>();
  const matched = new Map<GrantedModels, Date>();
  for (const attempt of attempts) {
    if (!wasLetIn(attempt)) continue;
    const judgement = judge(attempt);
    for (const pattern of judgement.decided) keepLater(sure, pattern.models, attempt.last);
    for (const pattern of judgement.perhaps) keepLater(perhaps, pattern, attempt.last);
    for (const pattern of judgement.matching) keepLater(matched, pattern, attempt.last);
  }
  return { sure, perhaps, matched };
}

function keepLater<Key>(last: Map<Key, Date>, key: Key, at: Date): void {
  const known = last.get(key);
  if (known === undefined || known < at) last.set(key, at);
}

/** Each pattern of each grant separately, in the order of the grants. */
export function listUnused(grants: readonly PlacedGrant[], { sure, perhaps, matched }: LastUses, since: Date): UnusedPattern[] {
  const isSince = (at: Date | undefined): boolean => at !== undefined && at >= since;
  return grants.flatMap((grant) =>
    grant.models
      .filter((models) => !isSince(sure.get(models)))
      .map((models) => ({ grant, pattern: models.pattern, lastUsed: sure.get(models) ?? null, perhapsUsed: isSince(perhaps.get(models)), overruled: isSince(matched.get(models)) })),
  );
}

export function listUnseen(grants: readonly PlacedGrant[], attempts: readonly AccessAttempt[], policy: TailnetPolicy | null, people: KnownPeople): UnseenSource[] {
  const everybody = distinctCallers(attempts);
  const at = Map.groupBy(everybody, ({ instance }) => instance);
  return grants.flatMap((grant) => {
    const callers = grant.instance === null ? everybody : (at.get(grant.instance) ?? []);
    const unseen = grant.src.filter((entry) => !callers.some(sourceMatcher([entry], policy)));
    return unseen.map((entry) => ({ grant, entry, isUnresolved: isUnresolved(entry, policy, people) }));
  });
}

function distinctCallers(attempts: readonly AccessAttempt[]): AccessAttempt[] {
  return [...new Map(attempts.map((attempt) => [JSON.stringify([attempt.instance, attempt.caller, attempt.callerType, attempt.tags]), attempt])).values()];
}
