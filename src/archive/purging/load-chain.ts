import { isPlaceOf } from "../../lake/layout.ts";
import { annulledBy, withoutAnnulled } from "../chain/annulled.ts";
import { verifiedEvents, loadVerifiedEvents } from "../chain/verified-events.ts";
import type { EventOf, Selection, SignedEvent } from "../chain/event.ts";
import { type ExpectedExport, expectExports } from "../chain/expected-exports.ts";
import { loadDigests, splitEvents } from "../chain/read-document.ts";
import { listInstances } from "../copies/list-archive.ts";
import { type Hold, readHolds } from "../retention/hold.ts";
import { pseudonymOf } from "../../ledger/names/erasure.ts";
import type { Archiving } from "../archiving.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** An event that removed or reduced a copy, and its entry for that copy. */
type LastChange =
  | { kind: "purge"; event: EventOf<"purge">; object: EventOf<"purge">["objects"][number] }
  | { kind: "reduction"; event: EventOf<"reduction">; object: EventOf<"reduction">["objects"][number] };

/** What a gateway's digests and events say about its copies. */
export interface Chain {
  instance: string;
  /** SHA-256 of the newest digest; null if there is no digest. */
  head: string | null;
  expected: Map<string, ExpectedExport>;
  /** All changes by key of the copy, in order; nothing follows a purge. */
  changes: Map<string, LastChange[]>;
}

/** Reads a gateway's digests and its verified events. Throws `archive_broken`. */
export async function loadChain(archive: ObjectStore, { signingKey }: Pick<Archiving, "signingKey">, instance: string): Promise<Chain> {
  const verified = await loadVerifiedEvents(archive, instance, signingKey?.publicKey);
  const digests = withoutAnnulled(await loadDigests(archive, instance), annulledBy(verified));
  const changes = new Map<string, LastChange[]>();
  const note = (key: string, change: LastChange): void => void changes.set(key, [...(changes.get(key) ?? []), change]);
  for (const event of verified) {
    if (event.kind === "purge") for (const object of event.objects) note(object.key, { kind: event.kind, event, object });
    if (event.kind === "reduction") for (const object of event.objects) note(object.key, { kind: event.kind, event, object });
  }
  // An export that only a checkpoint lists is not purged before a digest lists it.
  const expected = new Map([...expectExports(digests.map(({ document }) => document), verified)].filter(([, { digest }]) => digest !== null));
  return { instance, head: digests.at(-1)?.sha256 ?? null, expected, changes };
}

/**
 * All holds of every gateway, in force or released. An unreadable object at the key of a hold may have replaced one: it counts as a
 * hold on the whole gateway.
 */
export async function loadHolds(archive: ObjectStore, archiving: Archiving, known?: readonly string[]): Promise<Hold[]> {
  const chains = new Map<string, SignedEvent[]>();
  const counted = new Set<SignedEvent>();
  const hidden: Hold[] = [];
  for (const instance of known ?? (await listInstances(archive))) {
    const { events, unreadable } = await splitEvents(archive, instance);
    hidden.push(...unreadable.flatMap(({ key }) => (isPlaceOf("hold", key) ? [hiddenHold(instance, key)] : [])));
    chains.set(instance, events.map(({ document }) => document));
    for (const { document } of verifiedEvents(instance, events, archiving.signingKey?.publicKey)) counted.add(document);
  }
  const holds = readHolds(chains, (event) => counted.has(event));
  return [...holds.map((hold) => ({ ...hold, ...pseudonymOfSelection(hold.selection, archiving) })), ...hidden];
}

function hiddenHold(instance: string, key: string): Hold {
  const selection: Selection = { instance, caller: null, session: null, from: null, to: null };
  return { id: key, selection, reason: `${key} cannot be read and may have been a hold: restore it from a backup, or remove it if it was not a hold`, by: "unknown", at: "", instances: [instance], released: null, isHidden: true };
}

/** The pseudonym of a selection's caller; empty if it selects no caller, or no key is configured. */
export function pseudonymOfSelection({ caller }: Selection, { erasureKey }: Archiving): Pick<Hold, "pseudonym"> {
  return caller === null || erasureKey === undefined ? {} : { pseudonym: pseudonymOf(caller, erasureKey.toString("hex")) };
}
