import type { AccessGrant } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { type AccessAttempt, type AccessUse, addressOf } from "./access-use.ts";
import { byName, byOrigin } from "./grant-order.ts";
import { accessJudge, type Judgement, type PlacedGrant } from "./judge-access.ts";
import { findLastUses, listUnused, listUnseen, type UnseenSource, type UnusedPattern } from "./unused-grants.ts";

export interface ReviewedAccess {
  /** By gateway, as its configuration has them now. Uses of a gateway that is not among them are not judged. */
  access: ReadonlyMap<string, { grants: readonly AccessGrant[] }>;
  /** Of the tailnet policy: they count at every gateway. */
  tailnetGrants: readonly AccessGrant[];
  policy: TailnetPolicy | null;
  /** Of the time that is reviewed. */
  used: readonly AccessUse[];
  /** Everything that was looked at, the time that is reviewed among it. */
  attempts: readonly AccessAttempt[];
  /** A pattern that nobody used from then on counts as unused. */
  unusedSince: Date;
}

/** Requests of one caller for one model, and what current grants say of them. */
export interface ReviewedUse {
  instance: string;
  caller: string;
  callerType: AccessUse["callerType"];
  /** `provider/model` */
  model: string;
  requests: number;
  first: Date;
  last: Date;
  /** What the gateway would deny such a request for today; null where its grants are not known. */
  lacks: Judgement["lacks"] | null;
  /** Names of the quotas that such a request is charged to, as written. */
  buckets: string[];
  /** Grants that may mean the caller and would give of what is lacking; whether they do only Tailscale knows. */
  undecided: PlacedGrant[];
}

export interface AccessReview {
  /** Answered, though no current grant covers them. */
  uncovered: ReviewedUse[];
  unused: UnusedPattern[];
  unseen: UnseenSource[];
  denied: ReviewedUse[];
  rejected: ReviewedUse[];
}

/** What the grants promise and what happened. The order of grants and uses does not matter. */
export function reviewAccess(reviewed: ReviewedAccess): AccessReview {
  const { access, policy, used, attempts } = reviewed;
  const ofTailnet = reviewed.tailnetGrants.map((grant) => placeGrant(grant, null));
  const ofGateways = new Map([...access].map(([instance, { grants }]) => [instance, grants.map((grant) => placeGrant(grant, instance))]));
  const all = [...ofTailnet, ...[...ofGateways.values()].flat()].sort(byOrigin);
  const judges = new Map([...ofGateways].map(([instance, grants]) => [instance, accessJudge([...grants, ...ofTailnet], policy)]));
  const judgeOthers = accessJudge(ofTailnet, policy);
  const judge = (attempt: AccessAttempt): Judgement => (judges.get(attempt.instance) ?? judgeOthers)(attempt);

  const uses = used.map((use) => ({ statusClass: use.statusClass, reviewed: reviewUse(use, judge(use), judges.has(use.instance)) }));
  const ofClass = (statusClass: AccessUse["statusClass"]): ReviewedUse[] =>
    uses.filter((use) => use.statusClass === statusClass).map((use) => use.reviewed).sort(byRequests);
  return {
    uncovered: ofClass("ok").filter(({ lacks }) => lacks !== null && lacks.length > 0),
    unused: listUnused(all, findLastUses(attempts, judge), reviewed.unusedSince),
    unseen: listUnseen(all, attempts, policy),
    denied: ofClass("denied"),
    rejected: ofClass("rejected"),
  };
}

/** With patterns of its own: what was used is told apart by them. */
function placeGrant(grant: AccessGrant, instance: string | null): PlacedGrant {
  return { ...grant, instance, models: grant.models.map((models) => ({ ...models })) };
}

function reviewUse(use: AccessUse, { lacks, patterns, undecided }: Judgement, isKnown: boolean): ReviewedUse {
  const { instance, caller, callerType, requests, first, last } = use;
  return {
    instance,
    caller,
    callerType,
    model: addressOf(use),
    requests,
    first,
    last,
    lacks: isKnown ? lacks : null,
    buckets: [...new Set(patterns.flatMap(({ buckets }) => buckets))].sort(byName),
    undecided: undecided.toSorted(byOrigin),
  };
}

/** Most requests first. */
function byRequests(a: ReviewedUse, b: ReviewedUse): number {
  return b.requests - a.requests || byName(a.caller, b.caller) || byName(a.model, b.model) || byName(a.instance, b.instance);
}
