import type { AccessGrant, OtherCapability } from "../../ledger/gateway/gateway-access.ts";
import type { GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { type AccessAttempt, type AccessUse, addressOf } from "./access-use.ts";
import { accessJudge, type Judgement, type PlacedGrant } from "./judge-access.ts";
import { isServed } from "./served-models.ts";
import { knownPeople } from "./unresolved-source.ts";
import { findLastUses, listUnused, listUnseen, type UnseenSource, type UnusedPattern } from "./unused-grants.ts";

export interface ReviewedAccess {
  /** Current grants, and providers where they are known, by gateway. Uses of other gateways are not judged. */
  access: ReadonlyMap<string, { grants: readonly AccessGrant[]; providers?: GatewayProviders | undefined }>;
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
  /** The deciding pattern of each grant that covers the use. */
  coveredBy: { grant: PlacedGrant; pattern: string }[];
  /** Names of the quotas that would be charged for such a request, as written. */
  buckets: string[];
  /** Grants that may apply to the caller and would give what is missing; only Tailscale knows whether they apply. */
  undecided: PlacedGrant[];
}

/** Requests that were answered with 404. */
export interface NotFoundUse extends ReviewedUse {
  /**
   * `not_served`: no provider of the gateway has the model, whatever grants say. `not_granted`: no grant covers it. `unexplained`: the
   * configuration lets such a request through. Null where it is unknown.
   */
  why: "not_served" | "not_granted" | "unexplained" | null;
  /** Null where it is not known which models the provider has. */
  served: boolean | null;
}

/** Rights of a grant other than models, such as connectors. No record shows who used them. */
interface UnjudgedCapability extends OtherCapability {
  grant: PlacedGrant;
}

export interface AccessReview {
  /** Answered requests that no current grant covers. */
  uncovered: ReviewedUse[];
  unused: UnusedPattern[];
  unseen: UnseenSource[];
  denied: ReviewedUse[];
  rejected: ReviewedUse[];
  notFound: NotFoundUse[];
  notJudged: UnjudgedCapability[];
}

/** Compares grants and uses. The order of grants and uses does not matter. */
export function reviewAccess(reviewed: ReviewedAccess): AccessReview {
  const { access, policy, used, attempts } = reviewed;
  const people = knownPeople(attempts, policy);
  const ofTailnet = reviewed.tailnetGrants.map((grant) => placeGrant(grant, null));
  const ofGateways = new Map([...access].map(([instance, { grants }]) => [instance, grants.map((grant) => placeGrant(grant, instance))]));
  const all = [...ofTailnet, ...[...ofGateways.values()].flat()].sort(byOrigin);
  const judges = new Map([...ofGateways].map(([instance, grants]) => [instance, accessJudge([...grants, ...ofTailnet], policy, people)]));
  const judgeOthers = accessJudge(ofTailnet, policy, people);
  const judge = (attempt: AccessAttempt): Judgement => (judges.get(attempt.instance) ?? judgeOthers)(attempt);
  const served = (attempt: AccessAttempt): boolean | null => isServed(access.get(attempt.instance)?.providers, attempt);
  const wasLetIn = (attempt: AccessAttempt): boolean => attempt.statusClass !== "denied" && (attempt.statusClass !== "not_found" || served(attempt) !== false);

  const uses = used.map((use) => ({ use, reviewed: reviewUse(use, judge(use), judges.has(use.instance)) }));
  const ofClass = (statusClass: AccessUse["statusClass"]): ReviewedUse[] =>
    uses.filter(({ use }) => use.statusClass === statusClass).map((one) => one.reviewed).sort(byRequests);
  return {
    uncovered: ofClass("ok").filter(({ lacks }) => lacks !== null && lacks.length > 0),
    unused: listUnused(all, findLastUses(attempts, judge, wasLetIn), reviewed.unusedSince),
    unseen: listUnseen(all, attempts, policy, people),
    denied: ofClass("denied"),
    rejected: ofClass("rejected"),
    notFound: uses.filter(({ use }) => use.statusClass === "not_found").map((one) => explain404(one.reviewed, served(one.use))).sort(byRequests),
    notJudged: all.flatMap((grant) => (grant.others ?? []).map((other) => ({ ...other, grant }))),
  };
}

function explain404(use: ReviewedUse, served: boolean | null): NotFoundUse {
  const { lacks } = use;
  if (lacks === null) return { ...use, served, why: null };
  return { ...use, served, why: served === false ? "not_served" : lacks.includes("models") ? "not_granted" : "unexplained" };
}

/** Uses grouped by matching patterns. */
function placeGrant(grant: AccessGrant, instance: string | null): PlacedGrant {
  return { ...grant, instance, models: grant.models.map((models) => ({ ...models })) };
}

function reviewUse(use: AccessUse, { lacks, decided, buckets, undecided }: Judgement, isKnown: boolean): ReviewedUse {
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
    coveredBy: decided.map(({ grant, models }) => ({ grant, pattern: models.pattern })).sort((a, b) => byOrigin(a.grant, b.grant)),
    buckets: [...buckets].sort(byName),
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
