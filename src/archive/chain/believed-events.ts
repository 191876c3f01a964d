import { archiveLayout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { ArchiveEvent, SignedEvent } from "./event.ts";
import { loadEvents, type StoredDocument } from "./read-document.ts";
import { isSignatureGood, isSignedByAny } from "./signed.ts";
import { trustedKeys } from "./trusted-keys.ts";

type StoredEvent = Pick<StoredDocument<SignedEvent>, "key" | "document">;

/**
 * Of a gateway's events those that count, and not what anybody could have put there: well signed, by the key there is now or by one
 * that rotations link to it, and lying where they belong. Without a key any good signature counts: nothing is removed then.
 */
export function believedEvents<Event extends StoredEvent>(instance: string, events: readonly Event[], publicKey: string | undefined): Event[] {
  const keys = publicKey === undefined ? undefined : trustedKeys(publicKey, events.map(({ document }) => document));
  return events.filter(({ key, document }) => {
    const isInPlace = document.header.instance === instance && key === archiveLayout.event(instance, document.header);
    return isInPlace && (keys === undefined ? isSignatureGood(document) : isSignedByAny(document, keys));
  });
}

/** Whether an event lies where it belongs and one of these keys signed it. */
export function isBelievedBy(instance: string, { key, document }: StoredEvent, trusted: ReadonlySet<string>): boolean {
  return document.header.instance === instance && key === archiveLayout.event(instance, document.header) && isSignedByAny(document, trusted);
}

/** What those of a gateway say, in order of time. */
export async function loadBelieved(archive: ObjectStore, instance: string, publicKey: string | undefined): Promise<ArchiveEvent[]> {
  return believedEvents(instance, await loadEvents(archive, instance), publicKey).map(({ document }) => document.header);
}
