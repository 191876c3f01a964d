import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import type { GrantedAccess, GatewayLook, JudgedVersion, MonthReview, ReviewedPeriod } from "../../limits/review-access.ts";
import type { NotFoundUse, ReviewedUse } from "../../limits/access/access-review.ts";
import type { PlacedGrant } from "../../limits/access/judge-access.ts";
import { mayBeScimGroup } from "../../limits/access/unresolved-source.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { firstLines } from "../first-lines.ts";
import { closedJson, describeClosed, describeDoubtful, doubtfulJson } from "./describe-closed.ts";

/** Digits of a digest that people need to distinguish versions; the JSON has all. */
const VERSION_DIGITS = 12;

/** Lines in order of importance: uncovered access comes first. */
export function describeReview(review: MonthReview, access: GrantedAccess, { month, unusedDays }: ReviewedPeriod): string[] {
  const { lookedAt, uncovered, unused, unseen, denied, rejected, notFound, notJudged } = review;
  const dayOf = (date: Date): string => format(new TZDate(date.getTime(), month.timezone), "yyyy-MM-dd");
  const fewer = unused.filter(({ grant }) => isSeen(grant, review));
  const { close } = access;
  return [
    `access       ${month.name} in ${month.timezone}, against what ${close === null ? "is granted now" : "was granted when it was closed"}`,
    ...(close === null ? [] : [`closed       ${describeClosed(close)}: with the grants, groups and records of that time; --current compares with those of now`]),
    ...describeDoubtful(review.doubtful),
    ...firstLines(review.gateways, (look) => `gateway      ${describeGateway(look, lookedAt.from)}`),
    `policy       ${describePolicy(access)}`,
    "",
    ...summary("uncovered", uncovered, `answered, though no ${close === null ? "current grant" : "grant of that time"} covers them: their grant has been removed since, or is somewhere that is not read${access.policy === null ? ", as in a tailnet policy" : ""}`),
    ...section("uncovered", uncovered, "nothing: a grant covers every answered request that is judged", (use) => `${describeUse(use)}: ${describeLack(use)}`),
    "",
    ...section("unused", fewer, `nothing: every grant to somebody was used in the ${String(unusedDays)} days from ${dayOf(review.unusedSince)} on`, ({ grant, pattern, lastUsed, perhapsUsed, overruled }) => {
      const since = lastUsed === null ? `never since ${lookedAt.from}` : `last on ${dayOf(lastUsed)}`;
      const unless = perhapsUsed ? `, unless the grant is for somebody${grant.postures === undefined ? "" : ", or for a device,"} that only Tailscale knows` : "";
      return `${describeGrant(grant)} to ${describeSources(grant)}: ${pattern}, ${since}${overruled ? ": a more specific pattern of the grant decides what it matches" : ""}${unless}`;
    }),
    ...section("unseen", unseen, "nobody: everybody in a grant was seen", ({ grant, entry, isUnresolved }) => {
      const nobody = `nobody seen since ${lookedAt.from}`;
      const why = !isUnresolved ? nobody : mayBeScimGroup(entry) ? `${nobody}, unless it is a SCIM group: only Tailscale knows` : "only Tailscale knows who that is";
      return `${describeGrant(grant)} to ${entry}: ${why}`;
    }),
    "",
    ...summary("denied", denied, "answered with 401 or 403; what is covered now was granted since, or the provider denied it"),
    ...section("denied", denied, "nothing", (use) => `${describeUse(use)}: ${describeLack(use)}`),
    "",
    ...summary("rejected", rejected, "answered with 429; what has no bucket the provider rejected, or its grant changed"),
    ...section("rejected", rejected, "nothing", (use) => `${describeUse(use)}: ${describeBuckets(use)}`),
    "",
    ...summary("not found", notFound, "answered with 404; the provider's own 404 and a compatibility flag that the provider lacks are possible, whatever a line says"),
    ...section("not found", notFound, "nothing", (use) => `${describeUse(use)}: ${describe404(use)}`),
    ...(notJudged.length === 0 ? [] : ["", ...section("not judged", notJudged, "nothing", ({ grant, kind, patterns }) =>
      `${describeGrant(grant)} to ${describeSources(grant)}: ${kind}${patterns.length === 0 ? "" : ` ${listSome(patterns)}`}, whose use no record shows`)]),
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
  return firstLines(items, (item) => `${begin}${describe(item)}`);
}

/** Whether its `src` matches a caller with requests. A grant without callers is reported once, as unseen, not as unused. */
function isSeen(grant: PlacedGrant, { unseen }: MonthReview): boolean {
  return grant.src.length > unseen.filter((source) => source.grant === grant).length;
}

function describeGateway({ instance, grants, version, knownFrom, daysWithout }: GatewayLook, from: string): string {
  const granted = grants === null ? "its configuration is not set, so its answers are not judged" : `${count(grants, "grant")}${describeVersion(version)}`;
  if (knownFrom === null) return `${instance}: ${granted}; the ledger has no usage of it`;
  const known = knownFrom > from ? `; the ledger has its usage from ${knownFrom} on; earlier use is unknown` : `; looked at from ${from} on`;
  return `${instance}: ${granted}${known}${daysWithout === 0 ? "" : `; ${count(daysWithout, "day")} of them without usage`}`;
}

function describeVersion(version: JudgedVersion | null): string {
  if (version === null) return "";
  return `, version ${version.sha256.slice(0, VERSION_DIGITS)} ${version.keptSince === null ? "(not kept in the lake yet)" : `of ${version.keptSince}`}`;
}

function describePolicy({ policy, tailnetGrants, policyVersion }: GrantedAccess): string {
  if (policy === null) return "no tailnet policy is set: its grants and groups are not known";
  return `${count(tailnetGrants.length, "grant")} of the tailnet policy, assumed to apply to every gateway${describeVersion(policyVersion ?? null)}`;
}

function describeUse({ instance, caller, model, requests, first, last }: ReviewedUse): string {
  const when = requests === 1 ? `at ${first.toISOString()}` : `${first.toISOString()} to ${last.toISOString()}`;
  return `${count(requests, "request")}, ${caller}, ${model} at ${instance}, ${when}`;
}

function describeLack({ lacks, coveredBy, undecided }: ReviewedUse): string {
  if (lacks === null) return "not judged";
  if (lacks.length === 0) return `covered now by ${listSome(coveredBy.map(({ grant, pattern }) => `${pattern} of ${grant.origin}`))}`;
  const lack = [...(lacks.includes("role") ? ["no grant gives a role"] : []), ...(lacks.includes("models") ? ["no grant covers the model"] : [])].join(" and ");
  return undecided.length === 0 ? lack : `${lack}, unless ${listSome(undecided.map((grant) => `${grant.origin} to ${describeSources(grant)}`))} means them`;
}

function describe404(use: NotFoundUse): string {
  if (use.why === null) return "not judged";
  if (use.why === "not_granted") return describeLack(use);
  if (use.why === "not_served") return use.lacks?.length === 0 ? "no provider serves the model" : `no provider serves the model, and ${describeLack(use)}`;
  const served = use.served === null ? "it is not known which models the provider serves" : "a provider serves the model";
  return `${served}; ${describeLack(use)}`;
}

/** To whom a grant is given, and from which devices. */
function describeSources({ src, postures }: PlacedGrant): string {
  return `${listSome(src)}${postures === undefined ? "" : ` with srcPosture ${listSome(postures)}`}`;
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

export function reviewJson(review: MonthReview, access: GrantedAccess, { month, unusedDays }: ReviewedPeriod): object {
  return {
    month: month.name,
    timezone: month.timezone,
    closed: access.close && { ...closedJson(access.close), ...doubtfulJson(review.doubtful) },
    unused_days: unusedDays,
    unused_since: review.unusedSince,
    looked_at: review.lookedAt,
    gateways: review.gateways.map(({ instance, grants, version, knownFrom, daysWithout }) => ({ instance, grants, version: versionJson(version), known_from: knownFrom, days_without_usage: daysWithout })),
    tailnet_policy: access.policy === null ? null : { grants: access.tailnetGrants.length, version: versionJson(access.policyVersion ?? null) },
    uncovered: review.uncovered.map(useJson),
    unused: review.unused.map(({ grant, pattern, lastUsed, perhapsUsed, overruled }) => ({ ...grantJson(grant), src: grant.src, pattern, last_used: lastUsed, perhaps_used: perhapsUsed, overruled, src_seen: isSeen(grant, review) })),
    unseen: review.unseen.map(({ grant, entry, isUnresolved }) => ({ ...grantJson(grant), src: entry, only_tailscale_can_tell: isUnresolved })),
    denied: review.denied.map(useJson),
    rejected: review.rejected.map(useJson),
    not_found: review.notFound.map((use) => ({ ...useJson(use), why: use.why, served: use.served })),
    not_judged: review.notJudged.map(({ grant, kind, patterns }) => ({ ...grantJson(grant), src: grant.src, kind, patterns })),
  };
}

function versionJson(version: JudgedVersion | null): object | null {
  return version === null ? null : { sha256: version.sha256, kept_since: version.keptSince };
}

function useJson({ callerType, coveredBy, undecided, ...use }: ReviewedUse): object {
  const { instance, caller, model, requests, first, last, lacks, buckets } = use;
  const covered = coveredBy.map(({ grant, pattern }) => ({ ...grantJson(grant), pattern }));
  return { instance, caller, caller_type: callerType, model, requests, first, last, lacks, covered_by: covered, buckets, perhaps: undecided.map(grantJson) };
}

function grantJson({ instance, origin, place, postures }: PlacedGrant): object {
  return { gateway: instance, grant: origin, place, ...(postures === undefined ? {} : { src_posture: postures }) };
}
