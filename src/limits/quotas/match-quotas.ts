import type { AccessGrant, GatewayAccess, QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { sourceMatcher } from "../access/grant-source.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import type { QuotaRequest } from "./quota-request.ts";

/** A bucket that a request is charged to. */
interface MatchedBucket {
  /** With its templates filled in. */
  name: string;
  rule: QuotaRule;
}

type QuotaCaller = Pick<QuotaRequest, "caller" | "tags" | "nodeId" | "provider" | "modelRecorded">;

/** What a gateway's grants charge a request to; each bucket once, however many grants name it. */
export type MatchBuckets = (request: QuotaCaller) => readonly MatchedBucket[];

const NODE = "<node>";
/** Stands for a node that was not recorded. */
const UNKNOWN_NODE = "unknown";

/** @param policyGrants grants about the gateway that stand in the tailnet policy. */
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
      // Nodes come and go, so what depends on them is not remembered.
      found = { matched, buckets: matched.some(({ name }) => name.includes(NODE)) ? null : nameBuckets(matched, request) };
      known.set(key, found);
    }
    return found.buckets ?? nameBuckets(found.matched, request);
  };
}

/** Of rules that make the same name the last. */
function nameBuckets(rules: readonly QuotaRule[], request: QuotaCaller): readonly MatchedBucket[] {
  const byName = new Map(rules.map((rule) => [fillIn(rule.name, request), rule]));
  return [...byName].map(([name, rule]) => ({ name, rule }));
}

/** `provider/model`; a model that was recorded without its provider gets it. */
function addressOf({ provider, modelRecorded }: QuotaCaller): string {
  return modelRecorded.startsWith(`${provider}/`) ? modelRecorded : `${provider}/${modelRecorded}`;
}

/** Devices have the login that Aperture makes of their tags. */
function fillIn(name: string, { caller, nodeId }: QuotaCaller): string {
  return name.replaceAll(/<(user|node)>/g, (_, template) => (template === "user" ? caller : (nodeId ?? UNKNOWN_NODE)));
}
