/**
 * Where things lie in an archive, below `archive/<instance>/`: exports by the date they were made, and in folders of their own,
 * whose names no date has, what is known of them.
 */
const ARCHIVE = "archive/";

/** What an archive holds of one gateway. */
export const archiveLayout = {
  instance: (instance: string): string => `${ARCHIVE}${instance}/`,
  digests: (instance: string): string => `${ARCHIVE}${instance}/_digests/`,
  /** @param date `YYYY-MM-DD`, UTC: the day that the digest was due on. */
  digest: (instance: string, date: string): string => `${archiveLayout.digests(instance)}${date}.json`,
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
  if (/^_digests\/\d{4}-\d\d-\d\d\.json$/.test(rest)) return "digest";
  if (/^_events\/[^/]+\.json$/.test(rest)) return "event";
  return "other";
}
