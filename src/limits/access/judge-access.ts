import { matchName } from "../../ledger/names/written-name.ts";
import type { AccessGrant, GrantedModels } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { type AccessAttempt, addressOf } from "./access-use.ts";
import { sourceMatcher } from "./grant-source.ts";
import { mostSpecific } from "./most-specific.ts";
import { isUnresolved, type KnownPeople, mayMean } from "./unresolved-source.ts";

/** A grant with the gateway whose configuration has it; null: it is in the tailnet policy and applies to every gateway. */
export interface PlacedGrant extends AccessGrant {
  instance: string | null;
}

/** The combined result of all grants for a caller and a model. */
export interface Judgement {
  /** Why the gateway would deny the request; empty: it is covered. */
  lacks: ("role" | "models")[];
  /** The deciding pattern of each grant that covers the model for the caller: the most specific of those that match. */
  decided: DecidedPattern[];
  /** Every pattern of these grants that matches, whether it decides or not. */
  matching: GrantedModels[];
  /** The buckets of all patterns that match, as written: each of them is charged. */
  buckets: ReadonlySet<string>;
  /** Deciding patterns of grants that may apply to the caller: only Tailscale can resolve the `src` or `srcPosture` of these grants. */
  perhaps: GrantedModels[];
  /** Grants that may apply to the caller and would give what is missing. */
  undecided: PlacedGrant[];
}

interface DecidedPattern {
  grant: PlacedGrant;
  models: GrantedModels;
}

type Who = Pick<AccessAttempt, "caller" | "callerType" | "tags">;
type What = Pick<AccessAttempt, "provider" | "model">;

/** Grants only add: each matching grant gives its roles and models, independent of the others. */
export function accessJudge(grants: readonly PlacedGrant[], policy: TailnetPolicy | null, people: KnownPeople): (attempt: Who & What) => Judgement {
  const compiled = grants.map((grant) => compileGrant(grant, policy, people));
  const matchingPatterns = matchModels(compiled.flatMap(({ patterns }) => patterns));
  const meaning = rememberByKey(
    ({ caller, callerType, tags }: Who) => JSON.stringify([caller, callerType, tags]),
    (who: Who) => ({ granted: compiled.filter(({ means }) => means(who)), possible: compiled.filter(({ means, mayMean: may }) => !means(who) && may(who)) }),
  );
  return (attempt) => {
    const matched = matchingPatterns(attempt);
    const { granted, possible } = meaning(attempt);
    const decided = granted.flatMap((one) => decide(one, matched));
    const matching = granted.flatMap((one) => coveredBy(one, matched));
    const hasRole = granted.some(({ grant }) => grant.roles.length > 0);
    const lacks = [...(hasRole ? [] : ["role" as const]), ...(decided.length > 0 ? [] : ["models" as const])];
    const undecided = possible.filter((one) => (!hasRole && one.grant.roles.length > 0) || (decided.length === 0 && coveredBy(one, matched).length > 0));
    return {
      lacks,
      decided,
      matching,
      buckets: new Set(matching.flatMap(bucketsOf)),
      perhaps: possible.flatMap((one) => decide(one, matched)).map(({ models }) => models),
      undecided: undecided.map(({ grant }) => grant),
    };
  };
}

function decide(one: { grant: PlacedGrant; patterns: readonly CompiledPattern[] }, matched: ReadonlySet<CompiledPattern>): DecidedPattern[] {
  const models = mostSpecific(coveredBy(one, matched));
  return models === undefined ? [] : [{ grant: one.grant, models }];
}

/** The buckets of a pattern, and the buckets that they borrow from. */
function bucketsOf({ buckets, overdrafts = [] }: GrantedModels): string[] {
  return [...buckets, ...overdrafts.flatMap(({ lenders }) => lenders ?? [])];
}

function coveredBy({ patterns }: { patterns: readonly CompiledPattern[] }, matched: ReadonlySet<CompiledPattern>): GrantedModels[] {
  return patterns.filter((pattern) => matched.has(pattern)).map(({ models }) => models);
}

interface CompiledPattern {
  models: GrantedModels;
  matches: (address: string) => boolean;
}

function compileGrant(grant: PlacedGrant, policy: TailnetPolicy | null, people: KnownPeople) {
  const unresolved = grant.src.filter((entry) => isUnresolved(entry, policy, people));
  const matches = sourceMatcher(grant.src, policy);
  const isForAnyDevice = grant.postures === undefined;
  return {
    grant,
    means: (who: Who) => isForAnyDevice && matches(who),
    mayMean: (who: Who) => matches(who) || unresolved.some((entry) => mayMean(entry, who)),
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
