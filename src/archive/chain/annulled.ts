import type { ArchiveEvent, EventOf } from "./event.ts";

/** Annulled digests by the SHA-256 of their bytes: only these bytes are void, not the key. */
export type Annulled = ReadonlyMap<string, { event: EventOf<"annulment">; key: string }>;

export const NOTHING_ANNULLED: Annulled = new Map();

/** @param events verified events of any gateways. */
export function annulledBy(events: Iterable<ArchiveEvent>): Annulled {
  const annulled = new Map<string, { event: EventOf<"annulment">; key: string }>();
  for (const event of events) {
    if (event.kind === "annulment") for (const { key, sha256 } of event.digests) annulled.set(sha256, { event, key });
  }
  return annulled;
}

/** The digests that are not annulled, in order of their days. */
export function withoutAnnulled<Stored extends { sha256: string; document: { header: { date: string } } }>(digests: readonly Stored[], annulled: Annulled): Stored[] {
  return digests.filter(({ sha256 }) => !annulled.has(sha256)).toSorted((a, b) => (a.document.header.date < b.document.header.date ? -1 : 1));
}

/** Keys of annulled digests; their replacements have keys that sort after them. */
export function annulledKeys(annulled: Annulled): Set<string> {
  return new Set([...annulled.values()].map(({ key }) => key));
}
