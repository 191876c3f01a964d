import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import type { CurrentAccess, GatewayLook, MonthReview, ReviewedPeriod } from "../../limits/review-access.ts";
import type { ReviewedUse } from "../../limits/access/access-review.ts";
import type { PlacedGrant } from "../../limits/access/judge-access.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { firstLines } from "../first-lines.ts";

/** Limit of lines per kind; the JSON has all of them. */
const MOST_LINES = 50;

/** Lines in order of importance: uncovered access comes first. */
export function describeReview(review: MonthReview, access: CurrentAccess, { month, unusedDays }: ReviewedPeriod): string[] {
  const { lookedAt, uncovered, unused, unseen, denied, rejected } = review;
  const dayOf = (date: Date): string => format(new TZDate(date.getTime(), month.timezone), "yyyy-MM-dd");
  const fewer = unused.filter(({ grant }) => isSeen(grant, review));
  return [
    `access       ${month.name} in ${month.timezone}, against what is granted now`,
    ...firstLines(review.gateways, (look) => `gateway      ${describeGateway(look, lookedAt.from)}`),
    `policy       ${describePolicy(access)}`,
    "",
    ...summary("uncovered", uncovered, `answered, though no current grant covers them: their grant was removed since, or stands where it is not read${access.policy === null ? ", as in a tailnet policy" : ""}`),
    ...section("uncovered", uncovered, "nothing: whatever was answered and is judged is covered by a current grant", (use) => `${describeUse(use)}: ${describeLack(use)}`),
    "",
    ...section("unused", fewer, `nothing: every grant to somebody was used in the ${String(unusedDays)} days from ${dayOf(review.unusedSince)} on`, ({ grant, pattern, lastUsed, perhapsUsed }) => {
      const since = lastUsed === null ? `never since ${lookedAt.from}` : `last on ${dayOf(lastUsed)}`;
      const unless = perhapsUsed ? ", unless the grant means somebody whom only Tailscale can tell" : "";
      return `${describeGrant(grant)} to ${listSome(grant.src)}: ${pattern}, ${since}${unless}`;
    }),
    ...section("unseen", unseen, "nobody: everybody whom a grant means was seen", ({ grant, entry, isUnresolved }) => {
      const why = isUnresolved ? "only Tailscale can tell whom that means" : `nobody seen since ${lookedAt.from}`;
      return `${describeGrant(grant)} to ${entry}: ${why}`;
    }),
    "",
    ...summary("denied", denied, "answered with 401 or 403; what is covered now was granted since, or the provider denied it"),
    ...section("denied", denied, "nothing", (use) => `${describeUse(use)}: ${describeLack(use)}`),
    "",
    ...summary("rejected", rejected, "answered with 429; what has no bucket the provider rejected, or its grant changed"),
    ...section("rejected", rejected, "nothing", (use) => `${describeUse(use)}: ${describeBuckets(use)}`),
  ];
}

function summary(label: string, uses: readonly ReviewedUse[], what: string): string[] {
  const requests = uses.reduce((sum, use) => sum + use.requests, 0);
  const callers = new Set(uses.map(({ caller }) => caller)).size;
  return uses.length === 0 ? [] : [`${label.padEnd(13)}${count(requests, "request")} of ${count(callers, "caller")} ${what}:`];
}

function section<Item>(label: string, items: readonly Item[], none: string, describe: (item: Item) => string): string[] {
  const begin = label.padEnd(13);
  if (items.length === 0) return [`${begin}${none}`];
  const lines = items.slice(0, MOST_LINES).map((item) => `${begin}${describe(item)}`);
  return items.length <= MOST_LINES ? lines : [...lines, `${begin}and ${String(items.length - MOST_LINES)} more: --json has all of them`];
}

/** Whether its `src` matches a caller with requests. A grant without callers is reported once, as unseen, not as unused. */
function isSeen(grant: PlacedGrant, { unseen }: MonthReview): boolean {
  return grant.src.length > unseen.filter((source) => source.grant === grant).length;
}

function describeGateway({ instance, grants, knownFrom, daysWithout }: GatewayLook, from: string): string {
  const granted = grants === null ? "its configuration is not set, so what it answered is not judged" : count(grants, "grant");
  if (knownFrom === null) return `${instance}: ${granted}; the ledger has no usage of it`;
  const known = knownFrom > from ? `; the ledger knows it from ${knownFrom} on, and what was used before cannot be said` : `; looked at from ${from} on`;
  return `${instance}: ${granted}${known}${daysWithout === 0 ? "" : `; ${count(daysWithout, "day")} of them without usage`}`;
}

function describePolicy({ policy, tailnetGrants }: CurrentAccess): string {
  if (policy === null) return "no tailnet policy is set: its grants and groups are not known";
  return `${count(tailnetGrants.length, "grant")} of the tailnet policy, taken to be about every gateway`;
}

function describeUse({ instance, caller, model, requests, first, last }: ReviewedUse): string {
  const when = requests === 1 ? `at ${first.toISOString()}` : `${first.toISOString()} to ${last.toISOString()}`;
  return `${count(requests, "request")}, ${caller}, ${model} at ${instance}, ${when}`;
}

function describeLack({ lacks, undecided }: ReviewedUse): string {
  if (lacks === null) return "not judged";
  if (lacks.length === 0) return "covered now";
  const lack = [...(lacks.includes("role") ? ["no grant gives a role"] : []), ...(lacks.includes("models") ? ["no grant covers the model"] : [])].join(" and ");
  return undecided.length === 0 ? lack : `${lack}, unless ${listSome(undecided.map((grant) => `${grant.origin} to ${listSome(grant.src)}`))} means them`;
}

function describeBuckets(use: ReviewedUse): string {
  if (use.buckets.length > 0) return `its buckets are ${listSome(use.buckets)}`;
  return use.lacks === null || use.lacks.length > 0 ? describeLack(use) : "it has no bucket";
}

function describeGrant({ instance, origin, place }: PlacedGrant): string {
  return `${instance === null ? "" : `${instance} `}${origin} (${place})`;
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? "" : "s"}`;
}

export function reviewJson(review: MonthReview, access: CurrentAccess, { month, unusedDays }: ReviewedPeriod): object {
  return {
    month: month.name,
    timezone: month.timezone,
    unused_days: unusedDays,
    unused_since: review.unusedSince,
    looked_at: review.lookedAt,
    gateways: review.gateways.map(({ instance, grants, knownFrom, daysWithout }) => ({ instance, grants, known_from: knownFrom, days_without_usage: daysWithout })),
    tailnet_policy: access.policy === null ? null : { grants: access.tailnetGrants.length },
    uncovered: review.uncovered.map(useJson),
    unused: review.unused.map(({ grant, pattern, lastUsed, perhapsUsed }) => ({ ...grantJson(grant), src: grant.src, pattern, last_used: lastUsed, perhaps_used: perhapsUsed, src_seen: isSeen(grant, review) })),
    unseen: review.unseen.map(({ grant, entry, isUnresolved }) => ({ ...grantJson(grant), src: entry, only_tailscale_can_tell: isUnresolved })),
    denied: review.denied.map(useJson),
    rejected: review.rejected.map(useJson),
  };
}

function useJson({ callerType, undecided, ...use }: ReviewedUse): object {
  const { instance, caller, model, requests, first, last, lacks, buckets } = use;
  return { instance, caller, caller_type: callerType, model, requests, first, last, lacks, buckets, perhaps: undecided.map(grantJson) };
}

function grantJson({ instance, origin, place }: PlacedGrant): object {
  return { gateway: instance, grant: origin, place };
}
