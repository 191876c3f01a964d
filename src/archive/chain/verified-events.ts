import { archiveLayout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { ArchiveEvent, SignedEvent } from "./event.ts";
import { loadEvents, type StoredDocument } from "./read-document.ts";
import { isSignatureGood, isSignedByAny } from "./signed.ts";
import { trustedKeys } from "./trusted-keys.ts";

type StoredEvent = Pick<StoredDocument<SignedEvent>, "key" | "document">;

/**
 * The verified events of a gateway: each has a valid signature, by the current key or one that rotations link to it, and lies at its
 * own key. Anyone with write access can add other objects. Without a key any valid signature is enough: nothing is removed then.
 */
export function verifiedEvents<Event extends StoredEvent>(instance: string, events: readonly Event[], publicKey: string | undefined): Event[] {
  const keys = publicKey === undefined ? undefined : trustedKeys(publicKey, events.map(({ document }) => document));
  return events.filter(({ key, document }) => {
    const isInPlace = document.header.instance === instance && key === archiveLayout.event(instance, document.header);
    return isInPlace && (keys === undefined ? isSignatureGood(document) : isSignedByAny(document, keys));
  });
}

/** Whether an event lies at its own key and one of these keys signed it. */
export function isVerifiedBy(instance: string, { key, document }: StoredEvent, trusted: ReadonlySet<string>): boolean {
  return document.header.instance === instance && key === archiveLayout.event(instance, document.header) && isSignedByAny(document, trusted);
}

/** The contents of a gateway's verified events, in order of time. */
export async function loadVerifiedEvents(archive: ObjectStore, instance: string, publicKey: string | undefined): Promise<ArchiveEvent[]> {
  return verifiedEvents(instance, await loadEvents(archive, instance), publicKey).map(({ document }) => document.header);
}
