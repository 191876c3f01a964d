import type { TailnetPolicy } from "../usage/tailnet-policy.ts";
import type { AccessAttempt } from "./access-use.ts";
import { meansCaller, type PlacedGrant } from "./judge-access.ts";
import { isUnresolved } from "./unresolved-source.ts";

export interface UnusedPattern {
  grant: PlacedGrant;
  pattern: string;
  /** Before the time from which on it counts as unused; null: not once in all that was looked at. */
  lastUsed: Date | null;
}

/** An entry of a grant's `src` that means nobody who asked for anything. */
export interface UnseenSource {
  grant: PlacedGrant;
  entry: string;
  /** Only Tailscale can tell whom it means. */
  isUnresolved: boolean;
}

/** Each pattern of each grant for itself, in the order of the grants. */
export function listUnused(grants: readonly PlacedGrant[], lastUses: ReadonlyMap<object, Date>, since: Date): UnusedPattern[] {
  return grants.flatMap((grant) =>
    grant.models.flatMap((models) => {
      const lastUsed = lastUses.get(models) ?? null;
      return lastUsed === null || lastUsed < since ? [{ grant, pattern: models.pattern, lastUsed }] : [];
    }),
  );
}

export function listUnseen(grants: readonly PlacedGrant[], attempts: readonly AccessAttempt[], policy: TailnetPolicy | null): UnseenSource[] {
  const everybody = distinctCallers(attempts);
  const at = Map.groupBy(everybody, ({ instance }) => instance);
  return grants.flatMap((grant) => {
    const callers = grant.instance === null ? everybody : (at.get(grant.instance) ?? []);
    const unseen = grant.src.filter((entry) => !callers.some(meansCaller([entry], policy)));
    return unseen.map((entry) => ({ grant, entry, isUnresolved: isUnresolved(entry, policy) }));
  });
}

function distinctCallers(attempts: readonly AccessAttempt[]): AccessAttempt[] {
  return [...new Map(attempts.map((attempt) => [JSON.stringify([attempt.instance, attempt.caller, attempt.callerType, attempt.tags]), attempt])).values()];
}
