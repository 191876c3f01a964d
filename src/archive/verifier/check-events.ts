import { archiveLayout } from "../../lake/layout.ts";
import type { ArchiveEvent, SignedEvent } from "../chain/event.ts";
import type { BrokenDocument, StoredDocument } from "../chain/read-document.ts";
import { isSignedByAny } from "../chain/signed.ts";
import type { ListedEvent } from "../chain/digest.ts";
import { type Finding, finding } from "./finding.ts";
import { oneLine, type SoundDigest } from "./check-digest.ts";

export interface CheckedEvents {
  /** The verified events, in order of time. */
  events: { key: string; event: ArchiveEvent; sealed: boolean }[];
  findings: Finding[];
  /** Findings about lost events that may have declared removals or reductions. */
  lost: Finding[];
  /** Existing objects that no digest lists; `signedAt`: the event's time, if a trusted key signed it. */
  unlisted: { key: string; signedAt: string | undefined }[];
}

/** Compares a gateway's events with what its digests list. */
export function checkEvents(
  instance: string,
  read: readonly (StoredDocument<SignedEvent> | BrokenDocument)[],
  digests: readonly SoundDigest[],
  trusted: ReadonlySet<string>,
): CheckedEvents {
  const listed = new Map<string, ListedEvent>();
  for (const event of digests.flatMap(({ document }) => document.events)) if (!listed.has(event.key)) listed.set(event.key, event);
  const sealed = new Set(listed.keys());
  for (const event of eventsOfCheckpoints(instance, read, listed, trusted)) if (!listed.has(event.key)) listed.set(event.key, event);
  const keyOfHash = new Map([...listed.values()].map(({ key, sha256 }) => [sha256, key]));
  const checked: CheckedEvents = { events: [], findings: [], lost: [], unlisted: [] };
  const lose = (key: string, found: Finding): void => {
    checked.findings.push(found);
    if (/-(?:purge|reduction)-[^/]*$/.test(key)) checked.lost.push(found);
  };
  const there = new Set<string>();
  for (const one of read) {
    const { key } = one;
    there.add(key);
    const promised = listed.get(key);
    const isUnread = "problem" in one;
    if (promised === undefined || (!sealed.has(key) && !isUnread && one.sha256 === promised.sha256)) {
      const signedAt = isUnread ? undefined : signedAtOf(instance, one, trusted);
      if (!isUnread && signedAt !== undefined) checked.events.push({ key, event: one.document.header, sealed: false });
      checked.unlisted.push({ key, signedAt });
    } else if (isUnread) {
      lose(key, finding("event_altered", { instance, key, what: `is not a readable event, ${oneLine(one.problem)}`, expected: promised.sha256 }));
    } else if (one.sha256 === promised.sha256) {
      checked.events.push({ key, event: one.document.header, sealed: true });
    } else {
      const other = keyOfHash.get(one.sha256);
      const named = { instance, key, expected: promised.sha256, found: one.sha256 };
      lose(key, other === undefined ? finding("event_altered", { ...named, what: "is not the event that was listed" }) : finding("replaced_by_older", { ...named, what: `is a copy of ${other}` }));
    }
  }
  for (const { key, sha256 } of listed.values()) {
    if (!there.has(key)) lose(key, finding("event_missing", { instance, key, what: "is missing", expected: sha256 }));
  }
  return checked;
}

/** The events that checkpoints list. @param listed the events that digests list. */
function eventsOfCheckpoints(
  instance: string,
  read: readonly (StoredDocument<SignedEvent> | BrokenDocument)[],
  listed: ReadonlyMap<string, ListedEvent>,
  trusted: ReadonlySet<string>,
): ListedEvent[] {
  return read.flatMap((one) => {
    if ("problem" in one || one.document.header.kind !== "checkpoint") return [];
    const isVerified = listed.get(one.key)?.sha256 === one.sha256 || signedAtOf(instance, one, trusted) !== undefined;
    return isVerified ? one.document.header.events : [];
  });
}

/** Undefined unless the event is at its own key and a trusted key signed it. */
function signedAtOf(instance: string, { key, document }: StoredDocument<SignedEvent>, trusted: ReadonlySet<string>): string | undefined {
  const { header } = document;
  const isOwn = header.instance === instance && key === archiveLayout.event(instance, header);
  return isOwn && isSignedByAny(document, trusted) ? header.at : undefined;
}
