import type { AccessGrant, GatewayAccess, QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { sourceMatcher } from "../access/grant-source.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import type { QuotaRequest } from "./quota-request.ts";

/** A bucket that is charged for a request. */
interface MatchedBucket {
  /** With its templates filled in. */
  name: string;
  rule: QuotaRule;
}

type QuotaCaller = Pick<QuotaRequest, "caller" | "tags" | "nodeId" | "provider" | "modelRecorded">;

/** The buckets that a gateway's grants charge for a request; each bucket once, even where several grants name it. */
export type MatchBuckets = (request: QuotaCaller) => readonly MatchedBucket[];

const NODE = "<node>";
/** Replaces a node that was not recorded. */
const UNKNOWN_NODE = "unknown";

/** @param policyGrants grants for the gateway in the tailnet policy. */
export function bucketMatcher({ grants, quotas }: GatewayAccess, policyGrants: readonly AccessGrant[], policy: TailnetPolicy | null): MatchBuckets {
  const rules = new Map(quotas.map((rule) => [rule.name, rule]));
  const compiled = [...grants, ...policyGrants].map(({ src, models }) => ({
    isFrom: sourceMatcher(src, policy),
    models: models.map(({ pattern, buckets }) => ({ matches: matchName(pattern), rules: buckets.flatMap((name) => rules.get(name) ?? []) })),
  }));
  const rulesFor = (request: QuotaCaller, model: string): QuotaRule[] => {
    const models = compiled.filter(({ isFrom }) => isFrom(request)).flatMap((granted) => granted.models);
    return [...new Set(models.filter(({ matches }) => matches(model)).flatMap((granted) => granted.rules))];
  };
  const known = new Map<string, { matched: readonly QuotaRule[]; buckets: readonly MatchedBucket[] | null }>();
  return (request) => {
    const model = addressOf(request);
    const key = JSON.stringify([request.caller, request.tags, model]);
    let found = known.get(key);
    if (found === undefined) {
      const matched = rulesFor(request, model);
      // Nodes change often, so results that depend on them are not cached.
      found = { matched, buckets: matched.some(({ name }) => name.includes(NODE)) ? null : nameBuckets(matched, request) };
      known.set(key, found);
    }
    return found.buckets ?? nameBuckets(found.matched, request);
  };
}

/** Of rules with the same resulting name, the last. */
function nameBuckets(rules: readonly QuotaRule[], request: QuotaCaller): readonly MatchedBucket[] {
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
