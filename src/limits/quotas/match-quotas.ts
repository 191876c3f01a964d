import type { AccessGrant, GatewayAccess, GrantedModels, QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { sourceMatcher } from "../access/grant-source.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import type { QuotaRequest } from "./quota-request.ts";

interface MatchedBucket {
  /** With its templates filled in. */
  name: string;
  rule: QuotaRule;
}

/** The buckets that share the cost of a request: the first pays, the others lend in order. A bucket without overdraft is a chain of one. */
type MatchedChain = readonly MatchedBucket[];

type QuotaCaller = Pick<QuotaRequest, "caller" | "tags" | "nodeId" | "provider" | "modelRecorded">;

/**
 * The chains that a gateway's grants charge for a request, each with the whole cost. A bucket begins only one chain: if several grants name the
 * bucket, the lenders of all these grants follow it.
 */
export type MatchBuckets = (request: QuotaCaller) => readonly MatchedChain[];

const NODE = "<node>";
/** Replaces a node that was not recorded. */
const UNKNOWN_NODE = "unknown";

/** @param policyGrants grants for the gateway in the tailnet policy. */
export function bucketMatcher({ grants, quotas }: GatewayAccess, policyGrants: readonly AccessGrant[], policy: TailnetPolicy | null): MatchBuckets {
  const rules = new Map(quotas.map((rule) => [rule.name, rule]));
  const compiled = [...grants, ...policyGrants].map(({ src, models }) => ({
    isFrom: sourceMatcher(src, policy),
    models: models.map((granted) => ({ matches: matchName(granted.pattern), chains: chainsOf(granted, rules) })),
  }));
  const rulesFor = (request: QuotaCaller, model: string): QuotaRule[][] => {
    const models = compiled.filter(({ isFrom }) => isFrom(request)).flatMap((granted) => granted.models);
    const chains = models.filter(({ matches }) => matches(model)).flatMap((granted) => granted.chains);
    return [...Map.groupBy(chains, ([first]) => first).values()].map((same) => [...new Set(same.flat())]);
  };
  const known = new Map<string, { matched: readonly QuotaRule[][]; chains: readonly MatchedChain[] | null }>();
  return (request) => {
    const model = addressOf(request);
    const key = JSON.stringify([request.caller, request.tags, model]);
    let found = known.get(key);
    if (found === undefined) {
      const matched = rulesFor(request, model);
      // Nodes change often, so results that depend on them are not cached.
      found = { matched, chains: matched.flat().some(({ name }) => name.includes(NODE)) ? null : nameChains(matched, request) };
      known.set(key, found);
    }
    return found.chains ?? nameChains(found.matched, request);
  };
}

/** The chains that the buckets of a pattern begin; buckets without a rule are left out. */
function chainsOf({ buckets, overdrafts = [] }: GrantedModels, rules: ReadonlyMap<string, QuotaRule>): QuotaRule[][] {
  return buckets.flatMap((name) => {
    if (!rules.has(name)) return [];
    const lenders = overdrafts.filter(({ bucket }) => bucket === name).flatMap(({ lenders: named }) => named ?? []);
    return [follow([name, ...lenders], rules)];
  });
}

/** Each bucket once, followed by the lenders that its own rule names. */
function follow(names: readonly string[], rules: ReadonlyMap<string, QuotaRule>, found = new Set<QuotaRule>()): QuotaRule[] {
  for (const name of names) {
    const rule = rules.get(name);
    if (rule === undefined || found.has(rule)) continue;
    found.add(rule);
    follow(rule.lenders ?? [], rules, found);
  }
  return [...found];
}

/** Keeps the last of several chains whose first buckets have the same resulting name. The same applies to buckets within a chain. */
function nameChains(chains: readonly QuotaRule[][], request: QuotaCaller): readonly MatchedChain[] {
  return [...new Map(chains.map((chain) => nameBuckets(chain, request)).map((chain) => [chain[0]?.name, chain])).values()];
}

function nameBuckets(rules: readonly QuotaRule[], request: QuotaCaller): MatchedBucket[] {
  const byName = new Map(rules.map((rule) => [fillIn(rule.name, request), rule]));
  return [...byName].map(([name, rule]) => ({ name, rule }));
}

/** `provider/model`; adds the provider to a model that was recorded without it. */
function addressOf({ provider, modelRecorded }: QuotaCaller): string {
  return modelRecorded.startsWith(`${provider}/`) ? modelRecorded : `${provider}/${modelRecorded}`;
}

/** A device's login is the one that Aperture builds from its tags. */
function fillIn(name: string, { caller, nodeId }: QuotaCaller): string {
  return name.replaceAll(/<(user|node)>/g, (_, template) => (template === "user" ? caller : (nodeId ?? UNKNOWN_NODE)));
}
