import type { AccessGrant } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { type AccessAttempt, type AccessUse, addressOf } from "./access-use.ts";
import { accessJudge, type Judgement, type PlacedGrant } from "./judge-access.ts";
import { findLastUses, listUnused, listUnseen, type UnseenSource, type UnusedPattern } from "./unused-grants.ts";

export interface ReviewedAccess {
  /** Current grants by gateway. Uses of other gateways are not judged. */
  access: ReadonlyMap<string, { grants: readonly AccessGrant[] }>;
  /** Grants of the tailnet policy: they apply to every gateway. */
  tailnetGrants: readonly AccessGrant[];
  policy: TailnetPolicy | null;
  /** Uses in the reviewed period. */
  used: readonly AccessUse[];
  /** Uses in the whole examined period, which includes the reviewed one. */
  attempts: readonly AccessAttempt[];
  /** A pattern that nobody used since then counts as unused. */
  unusedSince: Date;
}

/** Requests of one caller for one model, judged by the current grants. */
export interface ReviewedUse {
  instance: string;
  caller: string;
  callerType: AccessUse["callerType"];
  /** `provider/model` */
  model: string;
  requests: number;
  first: Date;
  last: Date;
  /** Why the gateway would deny such a request today; null where its grants are unknown. */
  lacks: Judgement["lacks"] | null;
  /** Names of the quotas that would be charged for such a request, as written. */
  buckets: string[];
  /** Grants that may apply to the caller and would give what is missing; only Tailscale knows whether they apply. */
  undecided: PlacedGrant[];
}

export interface AccessReview {
  /** Answered requests that no current grant covers. */
  uncovered: ReviewedUse[];
  unused: UnusedPattern[];
  unseen: UnseenSource[];
  denied: ReviewedUse[];
  rejected: ReviewedUse[];
}

/** Compares grants and uses. The order of grants and uses does not matter. */
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

/** Uses grouped by matching patterns. */
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

const NUMBERS = new Intl.Collator("en", { numeric: true });

/** Orders grants: gateways by name, then the tailnet policy; within each, by position in the text. */
function byOrigin(a: Pick<PlacedGrant, "instance" | "origin" | "place">, b: Pick<PlacedGrant, "instance" | "origin" | "place">): number {
  if (a.instance !== b.instance) return a.instance === null ? 1 : b.instance === null ? -1 : byName(a.instance, b.instance);
  return NUMBERS.compare(a.origin, b.origin) || NUMBERS.compare(a.place, b.place);
}

function byName(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
