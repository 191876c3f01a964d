import { createHash } from "node:crypto";

/** `~` is not among them: it separates the hash that makes a cut key unique. */
const UNSAFE_CHARACTERS = /[^A-Za-z0-9._=-]/gu;
/** File systems end a name at 255 bytes; the longest addition is `<instance, 63>--….parquet`. */
const LONGEST_PART = 160;

/**
 * Text from outside as one part of a key: it cannot leave its place, collide, or grow too long.
 * Unsafe characters are percent-encoded; text that is too long is cut, and a hash keeps it unique.
 */
export function encodeKeyPart(text: string): string {
  const encoded = text
    .replace(UNSAFE_CHARACTERS, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
    )
    .replace(/^\./, "%2E");
  if (encoded.length <= LONGEST_PART) return encoded;
  return `${encoded.slice(0, LONGEST_PART - 18)}~${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** Decodes `encodeKeyPart`; of a text that was cut, only the remaining part. */
export function decodeKeyPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The identity of an alert; there is only one alert of each. */
export interface AlertName {
  limit: string;
  period: string;
  threshold: string;
}

function alertStem({ limit, period, threshold }: AlertName): string {
  return [limit, period, threshold].map(encodeKeyPart).join("/");
}

export const ARCHIVE = "archive/";
const EXPORT_SUFFIX = ".cbor.zstd";

/** Instance and stem of an archived export; undefined for other objects of the archive. */
export function parseArchiveKey(key: string): { instance: string; stem: string } | undefined {
  const match = /^archive\/([^/]+)\/\d{4}\/\d\d\/\d\d\/([^/]+)\.cbor\.zstd$/.exec(key);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { instance: match[1], stem: match[2] };
}

/** Separates the digest in the stem of an export that replaced another; no encoded name contains it. */
const VARIANT = "~~";

/** The stem of an export that came under the name of another: named after its bytes. */
export function variantStem(stem: string, sha256: string): string {
  return `${stem}${VARIANT}${sha256.slice(0, 16)}`;
}

export function isVariantOf(stem: string, first: string): boolean {
  return stem.startsWith(`${first}${VARIANT}`);
}

/** The stem of the export that a variant came under the name of; other stems are their own. */
export function firstStem(stem: string): string {
  return stem.split(VARIANT, 1)[0] ?? stem;
}

/** `stem` is an export's name without suffix, encoded, or a `variantStem`; `date` is `YYYY-MM-DD`, UTC. */
export const layout = {
  /** @param time of the export. */
  archive: (instance: string, time: Date, stem: string): string =>
    `${ARCHIVE}${instance}/${time.toISOString().slice(0, 10).replaceAll("-", "/")}/${stem}${EXPORT_SUFFIX}`,
  landing: (date: string, instance: string, stem: string): string =>
    `landing/date=${date}/${instance}--${stem}.parquet`,
  quarantine: (instance: string, stem: string): string => `quarantine/${instance}/${stem}.ndjson`,
  usage: (date: string, instance: string): string => `usage/date=${date}/${instance}.parquet`,
  rollups: (date: string, instance: string): string => `rollups/date=${date}/${instance}.parquet`,
  allocations: (month: string): string => `allocations/month=${month}/part-0.parquet`,
  report: (month: string, file: string): string => `reports/${month}/${file}`,
  /** A team's file below the month's reports. */
  teamFile: (team: string, file: string): string => `${TEAM_REPORTS}${encodeKeyPart(team)}/${file}`,
  teamReport: (month: string, team: string, file: string): string => layout.report(month, layout.teamFile(team, file)),
  exportManifest: (instance: string, stem: string): string => `_ledger/exports/${instance}/${stem}.json`,
  /** Where a copy waits that is to take the place of the one at an archive's key. */
  stagedCopy: (archiveKey: string): string => `${STAGED_COPIES}${archiveKey}`,
  dayManifest: (date: string, instance: string): string => `_ledger/days/${date}/${instance}.json`,
  /** @param id of its content. */
  snapshot: (month: string, id: string): string => `${SNAPSHOTS}${month}/${id}.json`,
  allocationManifest: (month: string): string => `${ALLOCATION_MANIFESTS}${month}.json`,
  trueUp: (month: string): string => `${TRUE_UPS}${month}.json`,
  close: (month: string): string => `${CLOSES}${month}.json`,
  /** A file of a closed month as it was at the close. @param id of the close. */
  closedFile: (month: string, id: string, file: string): string => `reports/${month}/closed-${id}/${file}`,
  /** @param month that the corrections are booked in. */
  corrections: (month: string): string => `corrections/month=${month}/part-0.parquet`,
  correctionManifest: (month: string): string => `${CORRECTION_MANIFESTS}${month}.json`,
  /** @param date from which on the policy was like that. */
  policySnapshot: (date: string): string => `${POLICY_SNAPSHOTS}${date}.json`,
  gatewaySnapshot: (instance: string, takenAt: Date): string => `${GATEWAY_SNAPSHOTS}${instance}/${timePart(takenAt)}.json`,
  quotaSample: (instance: string, takenAt: Date): string => `${QUOTA_SAMPLES}${instance}/${timePart(takenAt)}.json`,
  watchedBudget: (budget: string): string => `${WATCHED_BUDGETS}${encodeKeyPart(budget)}.json`,
  alert: (name: AlertName): string => `${ALERTS}${alertStem(name)}.json`,
  /** There as long as the alert is not done with. */
  openAlert: (name: AlertName): string => `${OPEN_ALERTS}${alertStem(name)}.json`,
  alertClaims: (name: AlertName): string => `_ledger/alerts/claims/${alertStem(name)}/`,
  /** @param round from 2 on: the alert's own record is the claim of the first. */
  alertClaim: (name: AlertName, round: number): string => `${layout.alertClaims(name)}${String(round).padStart(6, "0")}.json`,
} as const;

/** In order of time, as long as the year has four digits. */
function timePart(time: Date): string {
  return time.toISOString().replace(/[:.]/g, "");
}

/** The stem of the export that a landing file of that date and gateway came from. */
export function stemOfLanding(key: string, date: string, instance: string): string {
  return key.slice(layout.landing(date, instance, "").length - ".parquet".length, -".parquet".length);
}

/** Below the reports of a month. */
export const TEAM_REPORTS = "teams/";
export const LANDING = "landing/";
export const QUARANTINE = "quarantine/";
export const USAGE = "usage/";
export const ROLLUPS = "rollups/";
export const EXPORT_MANIFESTS = "_ledger/exports/";
export const STAGED_COPIES = "_ledger/reductions/";
export const DAY_MANIFESTS = "_ledger/days/";
export const GATEWAY_SNAPSHOTS = "_ledger/gateway/";
export const QUOTA_SAMPLES = "_ledger/quotas/";
export const ALLOCATIONS = "allocations/";
export const ALLOCATION_MANIFESTS = "_ledger/allocations/";
export const SNAPSHOTS = "_ledger/snapshots/";
export const ALERTS = "alerts/";
export const OPEN_ALERTS = "_ledger/alerts/open/";
const WATCHED_BUDGETS = "_ledger/budgets/";
export const TRUE_UPS = "_ledger/true-ups/";
export const CLOSES = "_ledger/closes/";
export const CORRECTION_MANIFESTS = "_ledger/corrections/";
export const POLICY_SNAPSHOTS = "_ledger/policy/";

/** Folders at the root of a lake that hold nothing but its tables, reports and records. */
export const OWN_FOLDERS = ["landing", "quarantine", "usage", "rollups", "allocations", "corrections", "reports", "alerts", "_ledger"];

/**
 * Keys of an archive, below `archive/<instance>/`. Exports are in folders named after their date; everything else is in folders
 * whose names are not dates.
 */
export const archiveLayout = {
  instance: (instance: string): string => `${ARCHIVE}${instance}/`,
  digests: (instance: string): string => `${ARCHIVE}${instance}/_digests/`,
  /** @param date `YYYY-MM-DD`, UTC: the day the digest was due. @param edition greater than 1 where annulled digests occupy the earlier keys. */
  digest: (instance: string, date: string, edition = 1): string => `${archiveLayout.digests(instance)}${date}${edition === 1 ? "" : `.${String(edition)}`}.json`,
  receipts: (instance: string): string => `${ARCHIVE}${instance}/_receipts/`,
  /** @param key of the archived export. */
  receipt: (key: string): string => {
    const { instance, rest } = splitKey(key);
    return `${archiveLayout.receipts(instance)}${rest.replace(/\.cbor\.zstd$/, "")}.json`;
  },
  events: (instance: string): string => `${ARCHIVE}${instance}/_events/`,
  /** In order of time. @param id distinguishes events of one moment. */
  event: (instance: string, { at, kind, id }: { at: string; kind: string; id: string }): string =>
    `${archiveLayout.events(instance)}${at.replace(/[:.]/g, "")}-${kind}-${id}.json`,
} as const;

/** The day of the digest at a key, as the key says. Text that is not a date is returned unchanged. */
export function dateOfDigest(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1).replace(/(?:\.[1-9]\d{0,4})?\.json$/, "");
}

/** The key of a gateway's digest of a day: the first that no annulled digest occupies. @param annulled keys of annulled digests. */
export function placeOfDigest(instance: string, date: string, annulled: ReadonlySet<string>): string {
  for (let edition = 1; ; edition++) {
    const key = archiveLayout.digest(instance, date, edition);
    if (!annulled.has(key)) return key;
  }
}

/** Whether a key is one of an event of this kind. */
export function isPlaceOf(kind: string, key: string): boolean {
  return new RegExp(`^archive/[^/]+/_events/\\d{4}-\\d\\d-\\d\\dT\\d+Z-${kind}-[^/]+\\.json$`).test(key);
}

/** The first key after everything below a folder: the folder with the character that follows `/` in place of it. */
export function behind(folder: string): string {
  return `${folder.slice(0, -1)}0`;
}

/** Name of the gateway that a key of the archive belongs to, and what follows. */
function splitKey(key: string): { instance: string; rest: string } {
  const match = /^archive\/([^/]+)\/(.+)$/s.exec(key);
  return { instance: match?.[1] ?? "", rest: match?.[2] ?? key };
}

/** `export`: a copy of what a gateway exported. `other`: an object that the ledger never puts into an archive. */
export type ArchivedKind = "export" | "receipt" | "digest" | "event" | "other";

/** The kind of object at a key below `archive/`. */
export function kindOfArchived(key: string): { instance: string; kind: ArchivedKind } {
  const { instance, rest } = splitKey(key);
  return { instance, kind: kindOf(rest) };
}

function kindOf(rest: string): ArchivedKind {
  if (/^\d{4}\/\d\d\/\d\d\/[^/]+\.cbor\.zstd$/.test(rest)) return "export";
  if (/^_receipts\/\d{4}\/\d\d\/\d\d\/[^/]+\.json$/.test(rest)) return "receipt";
  if (/^_digests\/\d{4}-\d\d-\d\d(?:\.[1-9]\d{0,4})?\.json$/.test(rest)) return "digest";
  if (/^_events\/[^/]+\.json$/.test(rest)) return "event";
  return "other";
}
