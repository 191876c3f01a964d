import { archiveLayout, kindOfArchived } from "../../src/lake/layout.ts";
import { differ, type LakeFiles, type Named } from "./lake-files.ts";

type Content = Omit<Named, "key">;

interface ReceiptDocument {
  header: { key: string; kept: Content };
}

interface EventDocument {
  header: { kind: string; at: string; digests?: { key: string }[]; objects?: { key: string; after?: Content; sha256?: string | null; size?: number }[] };
}

interface DigestDocument {
  header: { number: number; previous: { number: number; sha256: string } | null; exports: number; events: number };
  exports: (Named & { receipt: string | null })[];
  events: Named[];
}

interface ExportDocument {
  archive: Named;
  purged: object | null;
  records: { read: number; accepted: number; quarantined: number };
  landing: { rows: number }[];
}

/** Copies are what receipts, events and digests say of them, and what the manifests of their exports were made from. */
export function archiveViolations(archive: LakeFiles, lake: LakeFiles): string[] {
  const of = (kind: string): string[] => archive.below("archive/").filter((key) => kindOfArchived(key).kind === kind);
  const receipts = new Map(of("receipt").map((key) => {
    const { header } = archive.json(key) as ReceiptDocument;
    return [header.key, header.kept];
  }));
  const events = of("event").map((key) => (archive.json(key) as EventDocument).header).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  /** Each content that a copy rightly had, the last one last; undefined when it was rightly removed. */
  const history = new Map<string, (Content | undefined)[]>([...receipts].map(([key, kept]) => [key, [kept]]));
  for (const { kind, objects = [] } of events) {
    for (const { key, after } of objects) {
      if (kind === "reduction" && after !== undefined) history.set(key, [...(history.get(key) ?? []), after]);
      if (kind === "purge") history.set(key, [...(history.get(key) ?? []), undefined]);
    }
  }
  const found = of("export").filter((key) => !receipts.has(key)).map((key) => `${key} has no receipt`);
  for (const [key, contents] of history) {
    const now = contents.at(-1);
    if (now !== undefined) found.push(...archive.mismatch({ key, ...now }, archiveLayout.receipt(key)));
    else if (archive.has(key)) found.push(`${key} was purged, and is there`);
  }
  const annulled = new Set(events.flatMap(({ digests = [] }) => digests.map(({ key }) => key)));
  found.push(...chainViolations(archive, of("digest").filter((key) => !annulled.has(key)), history));
  for (const [by, { archive: copy, purged, records, landing }] of lake.documents<ExportDocument>("_ledger/exports/")) {
    if (purged === null) found.push(...archive.mismatch(copy, by));
    found.push(...differ(`${by} records`, records.read, records.accepted + records.quarantined));
    found.push(...differ(`${by} landed rows`, records.accepted, landing.reduce((sum, { rows }) => sum + rows, 0)));
  }
  return found;
}

function chainViolations(archive: LakeFiles, keys: readonly string[], history: ReadonlyMap<string, (Content | undefined)[]>): string[] {
  const found: string[] = [];
  for (const digests of Map.groupBy(keys, (key) => kindOfArchived(key).instance).values()) {
    let previous: { number: number; sha256: string } | null = null;
    for (const key of digests) {
      const { header, exports, events } = archive.json(key) as DigestDocument;
      found.push(...differ(`${key} previous`, header.previous && { number: header.previous.number, sha256: header.previous.sha256 }, previous));
      found.push(...differ(`${key} lists`, [header.exports, header.events], [exports.length, events.length]));
      for (const { key: copy, size, sha256, receipt } of exports) {
        if (!(history.get(copy) ?? []).some((content) => content?.sha256 === sha256 && content.size === size)) found.push(`${copy} never was what ${key} says`);
        if (receipt !== null) found.push(...differ(`receipt of ${copy} in ${key}`, receipt, archive.has(archiveLayout.receipt(copy)) ? archive.sha256(archiveLayout.receipt(copy)) : "gone"));
      }
      for (const event of events) found.push(...archive.mismatch(event, key));
      previous = { number: header.number, sha256: archive.sha256(key) };
    }
  }
  return found;
}
