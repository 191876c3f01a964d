import { isPlaceOf } from "../../lake/layout.ts";
import { annulledBy, withoutAnnulled } from "../chain/annulled.ts";
import { believedEvents, loadBelieved } from "../chain/believed-events.ts";
import type { EventOf, Selection, SignedEvent } from "../chain/event.ts";
import { type ExpectedExport, expectExports } from "../chain/expected-exports.ts";
import { loadDigests, splitEvents } from "../chain/read-document.ts";
import { listInstances } from "../copies/list-archive.ts";
import { type Hold, readHolds } from "../retention/hold.ts";
import { pseudonymOf } from "../../ledger/names/erasure.ts";
import type { Archiving } from "../archiving.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** The event that last took something of a copy away, and what it says of it. */
type LastChange =
  | { kind: "purge"; event: EventOf<"purge">; object: EventOf<"purge">["objects"][number] }
  | { kind: "reduction"; event: EventOf<"reduction">; object: EventOf<"reduction">["objects"][number] };

/** What a gateway's digests and events say of its copies. */
export interface Chain {
  instance: string;
  /** SHA-256 of the newest digest; null where there is none. */
  head: string | null;
  expected: Map<string, ExpectedExport>;
  /** By key of the copy; reductions are all there, of a purge nothing comes after. */
  changes: Map<string, LastChange[]>;
}

/** Reads a gateway's chain; of its events those that are to be believed. Throws `archive_broken`. */
export async function loadChain(archive: ObjectStore, { signingKey }: Pick<Archiving, "signingKey">, instance: string): Promise<Chain> {
  const believed = await loadBelieved(archive, instance, signingKey?.publicKey);
  const digests = withoutAnnulled(await loadDigests(archive, instance), annulledBy(believed));
  const changes = new Map<string, LastChange[]>();
  const note = (key: string, change: LastChange): void => void changes.set(key, [...(changes.get(key) ?? []), change]);
  for (const event of believed) {
    if (event.kind === "purge") for (const object of event.objects) note(object.key, { kind: event.kind, event, object });
    if (event.kind === "reduction") for (const object of event.objects) note(object.key, { kind: event.kind, event, object });
  }
  // What only a checkpoint lists waits for its digest.
  const expected = new Map([...expectExports(digests.map(({ document }) => document), believed)].filter(([, { digest }]) => digest !== null));
  return { instance, head: digests.at(-1)?.sha256 ?? null, expected, changes };
}

/**
 * All holds there are or were, of every gateway. What lies at the place of a hold and cannot be read may have been put over one: it is
 * taken for a hold over all of the gateway.
 */
export async function loadHolds(archive: ObjectStore, archiving: Archiving, known?: readonly string[]): Promise<Hold[]> {
  const chains = new Map<string, SignedEvent[]>();
  const counted = new Set<SignedEvent>();
  const hidden: Hold[] = [];
  for (const instance of known ?? (await listInstances(archive))) {
    const { events, unreadable } = await splitEvents(archive, instance);
    hidden.push(...unreadable.flatMap(({ key }) => (isPlaceOf("hold", key) ? [hiddenHold(instance, key)] : [])));
    chains.set(instance, events.map(({ document }) => document));
    for (const { document } of believedEvents(instance, events, archiving.signingKey?.publicKey)) counted.add(document);
  }
  const holds = readHolds(chains, (event) => counted.has(event));
  return [...holds.map((hold) => ({ ...hold, ...pseudonymMeant(hold.selection, archiving) })), ...hidden];
}

function hiddenHold(instance: string, key: string): Hold {
  const selection: Selection = { instance, caller: null, session: null, from: null, to: null };
  return { id: key, selection, reason: `${key} cannot be read, and may have been a hold: restore it from a backup, or remove it if nobody made one`, by: "nobody knows whom", at: "", instances: [instance], released: null, isHidden: true };
}

/** What the caller of a selection is called where it was erased; nothing where no caller is meant, or no key is there to tell. */
export function pseudonymMeant({ caller }: Selection, { erasureKey }: Archiving): Pick<Hold, "pseudonym"> {
  return caller === null || erasureKey === undefined ? {} : { pseudonym: pseudonymOf(caller, erasureKey.toString("hex")) };
}
