import type { Finding } from "../../archive/verifier/finding.ts";
import type { GatewayVerification, ReplicaVerification, Verification } from "../../archive/verifier/verification.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { firstLines } from "../first-lines.ts";

/** Lines about what was checked, what was found, and what was not checked. */
export function describeVerification({ archive, publicKey, trustedKeys, sample, gateways, derived, replica, findings, notes, notChecked }: Verification): string[] {
  const rotated = trustedKeys.length - 1;
  const lines = [
    `archive      ${archive}`,
    `key          ${publicKey}${rotated === 0 ? "" : `, and ${count(rotated, "key")} that rotations link to it`}`,
    ...firstLines(gateways, describeGateway),
    ...(sample === null ? [] : [`sample       ${count(sample.exports, "export")} read, seed ${sample.seed}`]),
    ...(derived === null ? [] : [`lake         ${derived.lake}: ${count(derived.exports, "export")}, ${count(derived.days, "day")}, ${count(derived.rows, "usage row")}, ${count(derived.closes, "close")}, ${count(derived.closed_files, "closed file")}, ${count(derived.records, "record")} that decide who owes what`]),
    ...(replica === null ? [] : [describeReplica(replica)]),
    ...firstLines(findings, ({ code, text }) => `finding      ${code}: ${text}`),
    ...firstLines(notes, ({ key, text }) => `note         ${key}: ${text}`),
    ...firstLines(notChecked, (text) => `not checked  ${text}`),
    `${findings.length === 0 ? "verified    " : "not verified"} ${describeOutcome(findings.length, notChecked.length)}`,
  ];
  return lines.map(visibleText);
}

function describeOutcome(findings: number, notChecked: number): string {
  if (findings > 0) return count(findings, "finding");
  return `nothing is missing or altered${notChecked === 0 ? "" : " in what was checked"}`;
}

function describeGateway({ instance, digests, first, last, head, events, exports, receipts, protections, waiting, timestamps }: GatewayVerification): string[] {
  const checked = [count(digests, "digest"), count(exports.listed, "export"), `${String(exports.hashed)} of them read`, `${String(exports.purged)} purged`, count(receipts, "receipt"), count(events, "event"), count(protections, "lock")];
  const span = first === null ? "no chain" : `${first} to ${last ?? first}`;
  return [
    `gateway      ${instance}: ${span}; ${checked.join(", ")}`,
    ...(head === null ? [] : [`head         ${instance} ${head}`]),
    ...describeTimestamps(instance, digests, timestamps),
    ...(waiting.exports + waiting.events === 0 ? [] : [`waiting      ${instance}: ${count(waiting.exports, "export")} and ${count(waiting.events, "event")} for the next digest`]),
  ];
}

function describeReplica({ replica, objects, hashed, locks, on_the_way: onTheWay }: ReplicaVerification): string {
  const recent = onTheWay === 0 ? "" : `; ${count(onTheWay, "difference")} younger than 15 minutes`;
  return `replica      ${replica}: ${count(objects, "object")} in both, ${String(hashed)} of them read, ${count(locks, "lock")} compared${recent}`;
}

const MOST_DAYS_NAMED = 5;

function describeTimestamps(instance: string, digests: number, { vouched, unjudged, without }: GatewayVerification["timestamps"]): string[] {
  if (digests === 0) return [];
  if (vouched + unjudged === 0) return [`time         ${instance}: no digest has a token of a time-stamping authority; when they were made is the ledger's own word`];
  const judged = `${String(vouched + unjudged)} of ${count(digests, "digest")} have a token of a time-stamping authority${unjudged === 0 ? "" : ", signed by nobody knows whom"}`;
  if (without.length === 0) return [`time         ${instance}: ${judged}`];
  const days = `${without.slice(0, MOST_DAYS_NAMED).join(", ")}${without.length > MOST_DAYS_NAMED ? ` and ${String(without.length - MOST_DAYS_NAMED)} more` : ""}`;
  return [`time         ${instance}: ${judged}; none: ${days}`];
}

/** The documented form (`docs/archive-verify.md`). */
export function verificationJson({ archive, checkedAt, publicKey, trustedKeys, objectLock, sample, gateways, derived, replica, findings, notes, notChecked }: Verification): object {
  return {
    format: 1,
    archive,
    checked_at: checkedAt,
    verified: findings.length === 0,
    public_key: publicKey,
    trusted_keys: trustedKeys,
    object_lock: objectLock,
    sample,
    gateways,
    derived,
    replica,
    findings: findings.map(findingJson),
    notes,
    not_checked: notChecked,
  };
}

function findingJson({ code, instance, key, expected, found, text, unaccounted }: Finding): object {
  return { code, instance, key, expected, found, text, unaccounted };
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? "" : "s"}`;
}
