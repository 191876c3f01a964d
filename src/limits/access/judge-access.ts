import { matchName } from "../../ledger/names/written-name.ts";
import type { AccessGrant, GrantedModels } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { type AccessAttempt, addressOf } from "./access-use.ts";
import { sourceMatcher } from "./grant-source.ts";
import { isUnresolved, mayMean } from "./unresolved-source.ts";

/** A grant with the gateway whose configuration has it; null: it is in the tailnet policy and applies to every gateway. */
export interface PlacedGrant extends AccessGrant {
  instance: string | null;
}

/** The combined result of all grants for a caller and a model. */
export interface Judgement {
  /** Why the gateway would deny the request; empty: it is covered. */
  lacks: ("role" | "models")[];
  /** Every pattern of every grant that covers the model for the caller. */
  patterns: GrantedModels[];
  /** Patterns that cover the model and may apply to the caller: only Tailscale can resolve the grant's `src`. */
  perhaps: GrantedModels[];
  /** Grants that may apply to the caller and would give what is missing. */
  undecided: PlacedGrant[];
}

type Who = Pick<AccessAttempt, "caller" | "callerType" | "tags">;
type What = Pick<AccessAttempt, "provider" | "model">;

/** Grants only add: each matching grant gives its roles and models, independent of the others. */
export function accessJudge(grants: readonly PlacedGrant[], policy: TailnetPolicy | null): (attempt: Who & What) => Judgement {
  const compiled = grants.map((grant) => compileGrant(grant, policy));
  const matching = matchModels(compiled.flatMap(({ patterns }) => patterns));
  const meaning = rememberByKey(
    ({ caller, callerType, tags }: Who) => JSON.stringify([caller, callerType, tags]),
    (who: Who) => ({ granted: compiled.filter(({ means }) => means(who)), possible: compiled.filter(({ means, mayMean: may }) => !means(who) && may(who)) }),
  );
  return (attempt) => {
    const matched = matching(attempt);
    const { granted, possible } = meaning(attempt);
    const patterns = granted.flatMap((grant) => coveredBy(grant, matched));
    const hasRole = granted.some(({ grant }) => grant.roles.length > 0);
    const lacks = [...(hasRole ? [] : ["role" as const]), ...(patterns.length > 0 ? [] : ["models" as const])];
    const undecided = possible.filter((one) => (!hasRole && one.grant.roles.length > 0) || (patterns.length === 0 && coveredBy(one, matched).length > 0));
    return { lacks, patterns, perhaps: possible.flatMap((grant) => coveredBy(grant, matched)), undecided: undecided.map(({ grant }) => grant) };
  };
}

function coveredBy({ patterns }: { patterns: readonly CompiledPattern[] }, matched: ReadonlySet<CompiledPattern>): GrantedModels[] {
  return patterns.filter((pattern) => matched.has(pattern)).map(({ models }) => models);
}

interface CompiledPattern {
  models: GrantedModels;
  matches: (address: string) => boolean;
}

function compileGrant(grant: PlacedGrant, policy: TailnetPolicy | null) {
  const unresolved = grant.src.filter((entry) => isUnresolved(entry, policy));
  return {
    grant,
    means: sourceMatcher(grant.src, policy),
    mayMean: (who: Who) => unresolved.some((entry) => mayMean(entry, who)),
    patterns: grant.models.map((models): CompiledPattern => ({ models, matches: matchName(models.pattern) })),
  };
}

function matchModels(patterns: readonly CompiledPattern[]): (what: What) => ReadonlySet<CompiledPattern> {
  return rememberByKey(addressOf, (what) => {
    const address = addressOf(what);
    return new Set(patterns.filter(({ matches }) => matches(address)));
  });
}

function rememberByKey<Asked, Result>(keyOf: (asked: Asked) => string, compute: (asked: Asked) => Result): (asked: Asked) => Result {
  const remembered = new Map<string, Result>();
  return (asked) => {
    const key = keyOf(asked);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const result = compute(asked);
    remembered.set(key, result);
    return result;
  };
}
