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

/** Identifies a delivered report. Each state of a report is delivered once, and again only on request. */
export interface DeliveryName {
  month: string;
  /** Null: the company's report. */
  team: string | null;
  /** The status of the report. */
  status: string;
  /** Identifies the report's content: the id of the close, or a digest. */
  version: string;
  /** 1, plus one for each time that the report was requested again. */
  edition: number;
}

function deliveryStem({ month, team, status, version, edition }: DeliveryName): string {
  const name = `${status}-${version}${edition === 1 ? "" : `.${String(edition)}`}`;
  return `${deliveryFolder(month, team)}${name}`;
}

function deliveryFolder(month: string, team: string | null): string {
  return `${month}/${team === null ? "company" : `teams/${encodeKeyPart(team)}`}/`;
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

/** The stem of an export that has the name of an earlier one: it contains a digest of the bytes. */
export function variantStem(stem: string, sha256: string): string {
  return `${stem}${VARIANT}${sha256.slice(0, 16)}`;
}

export function isVariantOf(stem: string, first: string): boolean {
  return stem.startsWith(`${first}${VARIANT}`);
}

/** The stem of the export whose name a variant has; any other stem is returned unchanged. */
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
  tools: (date: string, instance: string): string => `tools/date=${date}/${instance}.parquet`,
  allocations: (month: string): string => `allocations/month=${month}/part-0.parquet`,
  report: (month: string, file: string): string => `${REPORTS}${month}/${file}`,
  /** A team's file below the month's reports. */
  teamFile: (team: string, file: string): string => `${TEAM_REPORTS}${encodeKeyPart(team)}/${file}`,
  teamReport: (month: string, team: string, file: string): string => layout.report(month, layout.teamFile(team, file)),
  exportManifest: (instance: string, stem: string): string => `_ledger/exports/${instance}/${stem}.json`,
  /** Where a staged copy waits until it replaces the copy at an archive's key. */
  stagedCopy: (archiveKey: string): string => `${STAGED_COPIES}${archiveKey}`,
  dayManifest: (date: string, instance: string): string => `_ledger/days/${date}/${instance}.json`,
  /** @param id of its content. */
  snapshot: (month: string, id: string): string => `${SNAPSHOTS}${month}/${id}.json`,
  allocationManifest: (month: string): string => `${ALLOCATION_MANIFESTS}${month}.json`,
  /** What providers billed in a month, from the bills that it was compared with. */
  invoices: (month: string): string => `_ledger/invoices/${month}.json`,
  trueUp: (month: string): string => `${TRUE_UPS}${month}.json`,
  /** Versions of a provider's report of a month, in order of time. */
  billVersions: (month: string, source: string, report: string): string => `${layout.billsOf(month)}${encodeKeyPart(source)}/${report}/`,
  billsOf: (month: string): string => `${BILLS}${month}/`,
  /** @param id of its content. */
  bill: (month: string, source: string, report: string, { fetchedAt, id }: { fetchedAt: Date; id: string }): string =>
    `${layout.billVersions(month, source, report)}${timePart(fetchedAt)}-${id}.json`,
  close: (month: string): string => `${CLOSES}${month}.json`,
  /** A file of a closed month as it was at the close. @param id of the close. */
  closedFile: (month: string, id: string, file: string): string => `reports/${month}/closed-${id}/${file}`,
  /** @param month that the corrections are booked in. */
  corrections: (month: string): string => `corrections/month=${month}/part-0.parquet`,
  correctionManifest: (month: string): string => `${CORRECTION_MANIFESTS}${month}.json`,
  /** @param date the first day of the policy. */
  policySnapshot: (date: string): string => `${POLICY_SNAPSHOTS}${date}.json`,
  gatewaySnapshot: (instance: string, takenAt: Date): string => `${GATEWAY_SNAPSHOTS}${instance}/${timePart(takenAt)}.json`,
  /** @param from the time from which its prices apply; null: always. @param id the id of its content. */
  catalogue: (instance: string, from: Date | null, id: string): string => `${CATALOGUES}${instance}/${from === null ? ALWAYS : timePart(from)}-${id}.json`,
  quotaSample: (instance: string, takenAt: Date): string => `${QUOTA_SAMPLES}${instance}/${timePart(takenAt)}.json`,
  watchedBudget: (budget: string): string => `${WATCHED_BUDGETS}${encodeKeyPart(budget)}.json`,
  /** A condition of the ledger that was reported and is not over. */
  openCondition: (kind: string, subject: string): string => `${OPEN_CONDITIONS}${kind}/${encodeKeyPart(subject)}.json`,
  /** When the buckets were last compared with their replays. */
  quotaCheck: "_ledger/health/quota-check.json",
  /** How far heads of the archive's chains were posted to other places. */
  postedHeads: "_ledger/archive/posted-heads.json",
  /** The last verification of the archive that was noted. */
  lastVerification: "_ledger/health/last-verification.json",
  /** Who read what over HTTP, in order of time. @param at a time of that day, UTC. @param batch distinguishes those of a moment. */
  journal: (at: Date, batch: string): string => `${JOURNAL}${at.toISOString().slice(0, 10).replaceAll("-", "/")}/${timePart(at)}-${batch}.ndjson`,
  alert: (name: AlertName): string => `${ALERTS}${alertStem(name)}.json`,
  /** Folder with the alerts of a period. */
  alertsOf: ({ limit, period }: Pick<AlertName, "limit" | "period">): string => `${ALERTS}${encodeKeyPart(limit)}/${encodeKeyPart(period)}/`,
  /** Exists until the alert is finished. */
  openAlert: (name: AlertName): string => `${OPEN_ALERTS}${alertStem(name)}.json`,
  alertClaims: (name: AlertName): string => `_ledger/alerts/claims/${alertStem(name)}/`,
  /** Folder with the deliveries of one report. */
  deliveriesOf: ({ month, team }: Pick<DeliveryName, "month" | "team">): string => `${DELIVERIES}${deliveryFolder(month, team)}`,
  delivery: (name: DeliveryName): string => `${DELIVERIES}${deliveryStem(name)}.json`,
  /** Exists until the delivery is finished. */
  openDelivery: (name: DeliveryName): string => `${OPEN_DELIVERIES}${deliveryStem(name)}.json`,
  deliveryClaims: (name: DeliveryName): string => `_ledger/deliveries/claims/${deliveryStem(name)}/`,
  /** @param folder folder of a message's claims. @param round from 2 on, since the message's own record is the claim of the first round. */
  claim: (folder: string, round: number): string => `${folder}${String(round).padStart(6, "0")}.json`,
} as const;

/** In order of time, as long as the year has four digits. */
function timePart(time: Date): string {
  return time.toISOString().replace(/[:.]/g, "");
}

const ALWAYS = "always";

/** The time from which the prices of a catalogue apply (null: always), and the id of its content; undefined for the key of another object. */
export function parseCatalogueKey(key: string): { instance: string; from: Date | null; id: string } | undefined {
  const match = /^_ledger\/catalogues\/([^/]+)\/(?:always|(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d)(\d{3})Z)-([0-9a-f]{16})\.json$/.exec(key);
  const [, instance = "", hour, minute = "", second = "", millisecond = "", id = ""] = match ?? [];
  if (match === null) return undefined;
  return { instance, from: hour === undefined ? null : new Date(`${hour}:${minute}:${second}.${millisecond}Z`), id };
}

/** `YYYY-MM-DD`: the day of what an object of the journal has; undefined for any other key. */
export function dayOfJournal(key: string): string | undefined {
  const [, ...parts] = /^_ledger\/journal\/(\d{4})\/(\d\d)\/(\d\d)\/[^/]+\.ndjson$/.exec(key) ?? [];
  return parts.length === 0 ? undefined : parts.join("-");
}

/** The stem of the export that a landing file of that date and gateway came from. */
export function stemOfLanding(key: string, date: string, instance: string): string {
  return key.slice(layout.landing(date, instance, "").length - ".parquet".length, -".parquet".length);
}

/** Below the reports of a month. */
export const TEAM_REPORTS = "teams/";
export const REPORTS = "reports/";
export const LANDING = "landing/";
export const QUARANTINE = "quarantine/";
export const USAGE = "usage/";
export const ROLLUPS = "rollups/";
export const TOOLS = "tools/";
export const EXPORT_MANIFESTS = "_ledger/exports/";
export const STAGED_COPIES = "_ledger/reductions/";
export const DAY_MANIFESTS = "_ledger/days/";
export const GATEWAY_SNAPSHOTS = "_ledger/gateway/";
export const CATALOGUES = "_ledger/catalogues/";
export const QUOTA_SAMPLES = "_ledger/quotas/";
export const ALLOCATIONS = "allocations/";
export const CORRECTIONS = "corrections/";
export const ALLOCATION_MANIFESTS = "_ledger/allocations/";
export const SNAPSHOTS = "_ledger/snapshots/";
export const JOURNAL = "_ledger/journal/";
export const ALERTS = "alerts/";
export const OPEN_ALERTS = "_ledger/alerts/open/";
export const OPEN_CONDITIONS = "_ledger/health/open/";
export const DELIVERIES = "deliveries/";
export const OPEN_DELIVERIES = "_ledger/deliveries/open/";
const WATCHED_BUDGETS = "_ledger/budgets/";
export const TRUE_UPS = "_ledger/true-ups/";
const BILLS = "_ledger/bills/";
export const CLOSES = "_ledger/closes/";
export const CORRECTION_MANIFESTS = "_ledger/corrections/";
export const POLICY_SNAPSHOTS = "_ledger/policy/";

/** Folders at the root of a lake that hold nothing but its tables, reports and records. */
export const OWN_FOLDERS = ["landing", "quarantine", "usage", "rollups", "tools", "allocations", "corrections", "reports", "alerts", "deliveries", "_ledger"];

/**
 * Keys of an archive, below `archive/<instance>/`. Exports are in folders named after their date; everything else is in folders
 * whose names are not dates.
 */
export const archiveLayout = {
  instance: (instance: string): string => `${ARCHIVE}${instance}/`,
  digests: (instance: string): string => `${ARCHIVE}${instance}/_digests/`,
  /** @param date `YYYY-MM-DD`, UTC: the day the digest was due. @param edition greater than 1 where annulled digests occupy the earlier keys. */
  digest: (instance: string, date: string, edition = 1): string => `${archiveLayout.digests(instance)}${date}${edition === 1 ? "" : `.${String(edition)}`}.json`,
  timestamps: (instance: string): string => `${ARCHIVE}${instance}/_timestamps/`,
  /** The token that says when a digest existed. @param key of the digest. */
  timestamp: (key: string): string => {
    const { instance, rest } = splitKey(key);
    return `${archiveLayout.timestamps(instance)}${rest.slice(rest.lastIndexOf("/") + 1).replace(/\.json$/, "")}.tsr`;
  },
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

/** `export`: a copy of a gateway's export. `other`: an object that the ledger never puts into an archive. */
export type ArchivedKind = "export" | "receipt" | "digest" | "timestamp" | "event" | "other";

/** The kind of object at a key below `archive/`. */
export function kindOfArchived(key: string): { instance: string; kind: ArchivedKind } {
  const { instance, rest } = splitKey(key);
  return { instance, kind: kindOf(rest) };
}

function kindOf(rest: string): ArchivedKind {
  if (/^\d{4}\/\d\d\/\d\d\/[^/]+\.cbor\.zstd$/.test(rest)) return "export";
  if (/^_receipts\/\d{4}\/\d\d\/\d\d\/[^/]+\.json$/.test(rest)) return "receipt";
  if (/^_digests\/\d{4}-\d\d-\d\d(?:\.[1-9]\d{0,4})?\.json$/.test(rest)) return "digest";
  if (/^_timestamps\/\d{4}-\d\d-\d\d(?:\.[1-9]\d{0,4})?\.tsr$/.test(rest)) return "timestamp";
  if (/^_events\/[^/]+\.json$/.test(rest)) return "event";
  return "other";
}
