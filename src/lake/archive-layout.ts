/**
 * Where things lie in an archive, below `archive/<instance>/`: exports by the date they were made, and in folders of their own,
 * whose names no date has, what is known of them.
 */
const ARCHIVE = "archive/";

/** What an archive holds of one gateway. */
export const archiveLayout = {
  instance: (instance: string): string => `${ARCHIVE}${instance}/`,
  digests: (instance: string): string => `${ARCHIVE}${instance}/_digests/`,
  /** @param date `YYYY-MM-DD`, UTC: the day that the digest was due on. @param edition greater than 1 where annulled digests lie at the places before. */
  digest: (instance: string, date: string, edition = 1): string => `${archiveLayout.digests(instance)}${date}${edition === 1 ? "" : `.${String(edition)}`}.json`,
  receipts: (instance: string): string => `${ARCHIVE}${instance}/_receipts/`,
  /** @param key of the archived export. */
  receipt: (key: string): string => {
    const { instance, rest } = splitKey(key);
    return `${archiveLayout.receipts(instance)}${rest.replace(/\.cbor\.zstd$/, "")}.json`;
  },
  events: (instance: string): string => `${ARCHIVE}${instance}/_events/`,
  /** In order of time. @param id tells events of one moment apart. */
  event: (instance: string, { at, kind, id }: { at: string; kind: string; id: string }): string =>
    `${archiveLayout.events(instance)}${at.replace(/[:.]/g, "")}-${kind}-${id}.json`,
} as const;

/** Day of the digest that lies at a key, as the key says; what is no date is returned as it stands there. */
export function dateOfDigest(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1).replace(/(?:\.[1-9]\d{0,4})?\.json$/, "");
}

/** Where a gateway's digest of a day belongs: behind those of the day that were annulled. @param annulled keys of these. */
export function placeOfDigest(instance: string, date: string, annulled: ReadonlySet<string>): string {
  for (let edition = 1; ; edition++) {
    const key = archiveLayout.digest(instance, date, edition);
    if (!annulled.has(key)) return key;
  }
}

/** Whether events of that kind lie at keys such as this one. */
export function isPlaceOf(kind: string, key: string): boolean {
  return new RegExp(`^archive/[^/]+/_events/\\d{4}-\\d\\d-\\d\\dT\\d+Z-${kind}-[^/]+\\.json$`).test(key);
}

/** The key that all below a folder lie before, and nothing else behind the folder does: the character after the slash instead of it. */
export function behind(folder: string): string {
  return `${folder.slice(0, -1)}0`;
}

/** Name of the gateway that a key of the archive belongs to, and what follows. */
function splitKey(key: string): { instance: string; rest: string } {
  const match = /^archive\/([^/]+)\/(.+)$/s.exec(key);
  return { instance: match?.[1] ?? "", rest: match?.[2] ?? key };
}

/** `export`: a copy of what a gateway exported. `other`: nothing that the ledger puts into an archive. */
export type ArchivedKind = "export" | "receipt" | "digest" | "event" | "other";

/** What lies at a key below `archive/`. */
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
