import { createHash } from "node:crypto";

/** `~` is not among them: it sets off the hashes that keys are told apart by. */
const UNSAFE_CHARACTERS = /[^A-Za-z0-9._=-]/gu;
/** File systems end a name at 255 bytes; the longest addition is `<instance, 63>--….parquet`. */
const LONGEST_PART = 160;

/**
 * Text from outside as one part of a key: it cannot leave its place, collide, or grow too long.
 * What is not plainly safe is percent-encoded; what is too long is cut and told apart by a hash.
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

/** Keys of an export's write-once copy, and the stems that everything derived from it is named by. */
export interface ArchiveKeys {
  first: { archive: string; stem: string };
  /** For an object that was replaced at its source: named after its bytes. */
  variant: { archive: string; stem: string };
}

/** @param time of the export; `name` is its object's name without suffix. */
export function archiveKeys(instance: string, time: Date, name: string, sha256: string): ArchiveKeys {
  const folder = `archive/${instance}/${time.toISOString().slice(0, 10).replaceAll("-", "/")}`;
  const keysOf = (stem: string): ArchiveKeys["first"] => ({ archive: `${folder}/${stem}.cbor.zstd`, stem });
  const stem = encodeKeyPart(name);
  return { first: keysOf(stem), variant: keysOf(`${stem}~${sha256.slice(0, 16)}`) };
}

/** `stem` is always one that `archiveKeys` made; `date` is `YYYY-MM-DD`, UTC. */
export const layout = {
  landing: (date: string, instance: string, stem: string): string =>
    `landing/date=${date}/${instance}--${stem}.parquet`,
  quarantine: (instance: string, stem: string): string => `quarantine/${instance}/${stem}.ndjson`,
  usage: (date: string, instance: string): string => `usage/date=${date}/${instance}.parquet`,
  rollups: (date: string, instance: string): string => `rollups/date=${date}/${instance}.parquet`,
  report: (month: string, file: string): string => `reports/${month}/${file}`,
  exportManifest: (instance: string, stem: string): string => `_ledger/exports/${instance}/${stem}.json`,
  dayManifest: (date: string, instance: string): string => `_ledger/days/${date}/${instance}.json`,
  gatewaySnapshot: (takenAt: Date): string => `_ledger/gateway/${takenAt.toISOString().replace(/[:.]/g, "")}.json`,
} as const;

export const LANDING = "landing/";
export const USAGE = "usage/";
export const ROLLUPS = "rollups/";
export const EXPORT_MANIFESTS = "_ledger/exports/";
export const DAY_MANIFESTS = "_ledger/days/";
export const GATEWAY_SNAPSHOTS = "_ledger/gateway/";
