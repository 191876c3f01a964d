import { kindOfArchived } from "../../lake/layout.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import type { Digest, DigestHeader } from "./digest.ts";

/** Something in a digest that the ledger never writes, even if the signature is valid. */
export interface ListFault {
  code: "listed_wrongly" | "time_order" | "close_dropped";
  /** Key of the object that an acceptance would name: the digest, the event, or the close record. */
  key: string;
  /** SHA-256 of the object; null if it is missing. */
  sha256: string | null;
  /** The predicate of a sentence whose subject is the object. */
  what: string;
  expected: string | null;
  found: string | null;
}

/** Allowed difference between the clocks of two machines: within it, the order of two times proves nothing. */
const SLACK_MS = DAY_MS;

interface StoredDigest {
  key: string;
  sha256: string;
  document: Pick<Digest, "header" | "exports" | "events">;
}

/** Lists that are not sorted by key, have a duplicate, or an entry that does not belong there. */
export function findDisorder({ key, sha256, document }: StoredDigest): ListFault[] {
  const { header, exports, events } = document;
  const fault = (what: string, found: string): ListFault[] => [{ code: "listed_wrongly", key, sha256, what, expected: null, found }];
  return (["export", "event"] as const).flatMap((kind) => {
    const keys = (kind === "export" ? exports : events).map((one) => one.key);
    const twice = findTwice(keys);
    if (twice !== undefined) return fault(`lists an ${kind} twice`, twice);
    const late = keys.find((one, index) => index > 0 && one < (keys[index - 1] ?? ""));
    if (late !== undefined) return fault(`does not list ${kind}s in order of their keys`, late);
    const foreign = keys.find((one) => kindOfArchived(one).kind !== kind || kindOfArchived(one).instance !== header.instance);
    return foreign === undefined ? [] : fault(`lists something that is not an ${kind} of its gateway`, foreign);
  });
}

function findTwice(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

/** A digest that was made before its day, or before the digest that it follows. */
export function findBackwards(before: { header: Pick<DigestHeader, "date" | "sealed_at"> } | undefined, { key, sha256, header }: { key: string; sha256: string; header: Pick<DigestHeader, "date" | "sealed_at"> }): ListFault[] {
  const fault = (what: string, expected: string): ListFault[] => [{ code: "time_order", key, sha256, what, expected: `${expected} or later`, found: header.sealed_at }];
  if (Date.parse(header.sealed_at) < Date.parse(header.date)) return fault("was sealed before its day", header.date);
  const previous = before?.header.sealed_at;
  if (previous !== undefined && Date.parse(header.sealed_at) < Date.parse(previous)) return fault("was sealed before the digest that it follows", previous);
  return [];
}

/** Closed months that a digest names and the next one does not, or with a different hash. @param by key of the later digest. */
export function findDroppedCloses(before: DigestHeader["closes"], later: DigestHeader["closes"], by: string, keyOf: (month: string) => string): ListFault[] {
  const now = new Map(later.map(({ month, sha256 }) => [month, sha256]));
  return before.flatMap(({ month, sha256 }): ListFault[] => {
    const found = now.get(month) ?? null;
    if (found === sha256) return [];
    const what = found === null ? `is not named by ${by}, although the digest before names it` : `is named by ${by} with a different hash from the digest before`;
    return [{ code: "close_dropped", key: keyOf(month), sha256: found, what, expected: sha256, found }];
  });
}

/**
 * The time up to which all events were listed: when the newest digest was made that was sealed on its own day.
 * Digests that fill in for days without sealing list nothing.
 */
export function listedUntil(digests: readonly { header: Pick<DigestHeader, "date" | "sealed_at"> }[]): string | undefined {
  return digests.findLast(({ header }) => header.sealed_at.startsWith(header.date))?.header.sealed_at;
}

/** Events whose time is after the digest that lists them, or before an earlier digest that should have listed them. */
export function findEventsOutOfTime(events: readonly { key: string; sha256: string; at: string }[], span: { from: string | undefined; to: string }): ListFault[] {
  return events.flatMap(({ key, sha256, at }): ListFault[] => {
    const moment = Date.parse(at);
    const fault = (what: string, expected: string): ListFault[] => [{ code: "time_order", key, sha256, what, expected, found: at }];
    if (moment > Date.parse(span.to) + SLACK_MS) return fault("is dated after the digest that lists it was made", `${span.to} or earlier`);
    if (span.from !== undefined && moment < Date.parse(span.from) - SLACK_MS) return fault("is dated before a digest that does not list it was made", `${span.from} or later`);
    return [];
  });
}
