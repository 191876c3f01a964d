import type { GrantedModels } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import type { AccessAttempt } from "./access-use.ts";
import { sourceMatcher } from "./grant-source.ts";
import type { Judgement, PlacedGrant } from "./judge-access.ts";
import { isUnresolved } from "./unresolved-source.ts";

export interface UnusedPattern {
  grant: PlacedGrant;
  pattern: string;
  /** The last use, before the time since which it counts as unused; null: never in the examined period. */
  lastUsed: Date | null;
  /** Whether a caller to whom the grant may apply used such a model since then: only Tailscale can resolve that. */
  perhapsUsed: boolean;
}

/** The last certain and the last possible use. */
export interface LastUses {
  sure: ReadonlyMap<GrantedModels, Date>;
  perhaps: ReadonlyMap<GrantedModels, Date>;
}

/** An entry of a grant's `src` that matches no caller with a request. */
export interface UnseenSource {
  grant: PlacedGrant;
  entry: string;
  /** Whether only Tailscale can resolve it. */
  isUnresolved: boolean;
}

/** A use is a request that the gateway let through, whatever its result. */
export function findLastUses(attempts: readonly AccessAttempt[], judge: (attempt: AccessAttempt) => Pick<Judgement, "patterns" | "perhaps">): LastUses {
  const sure = new Map<GrantedModels, Date>();
  const perhaps = new Map<GrantedModels, Date>();
  for (const attempt of attempts) {
    if (attempt.statusClass === "denied") continue;
    const judgement = judge(attempt);
    for (const pattern of judgement.patterns) keepLater(sure, pattern, attempt.last);
    for (const pattern of judgement.perhaps) keepLater(perhaps, pattern, attempt.last);
  }
  return { sure, perhaps };
}

function keepLater<Key>(last: Map<Key, Date>, key: Key, at: Date): void {
  const known = last.get(key);
  if (known === undefined || known < at) last.set(key, at);
}

/** Each pattern of each grant separately, in the order of the grants. */
export function listUnused(grants: readonly PlacedGrant[], { sure, perhaps }: LastUses, since: Date): UnusedPattern[] {
  const isSince = (at: Date | undefined): boolean => at !== undefined && at >= since;
  return grants.flatMap((grant) =>
    grant.models
      .filter((models) => !isSince(sure.get(models)))
      .map((models) => ({ grant, pattern: models.pattern, lastUsed: sure.get(models) ?? null, perhapsUsed: isSince(perhaps.get(models)) })),
  );
}

export function listUnseen(grants: readonly PlacedGrant[], attempts: readonly AccessAttempt[], policy: TailnetPolicy | null): UnseenSource[] {
  const everybody = distinctCallers(attempts);
  const at = Map.groupBy(everybody, ({ instance }) => instance);
  return grants.flatMap((grant) => {
    const callers = grant.instance === null ? everybody : (at.get(grant.instance) ?? []);
    const unseen = grant.src.filter((entry) => !callers.some(sourceMatcher([entry], policy)));
    return unseen.map((entry) => ({ grant, entry, isUnresolved: isUnresolved(entry, policy) }));
  });
}

function distinctCallers(attempts: readonly AccessAttempt[]): AccessAttempt[] {
  return [...new Map(attempts.map((attempt) => [JSON.stringify([attempt.instance, attempt.caller, attempt.callerType, attempt.tags]), attempt])).values()];
}
