import { canonicalBytes, sha256Hex } from "../chain/canonical.ts";
import type { ArchiveEvent, EventOf, KnownBy, Selection } from "../chain/event.ts";
import { type SelectableRecord, selectionCovers } from "./selection-covers.ts";

/** A hold: while it is in force, nothing of the selected records is removed, whatever the retention rules say. */
export interface Hold {
  id: string;
  selection: Selection;
  /** The pseudonym of the selection's caller, if a key is configured; it replaces the caller after an erasure. */
  pseudonym?: string;
  reason: string;
  by: string;
  /** How `by` was identified; absent in holds of earlier versions. */
  known?: KnownBy | undefined;
  at: string;
  /** Gateways whose chains record it, in order. */
  instances: string[];
  /** Set if the object cannot be read and only may have been a hold. */
  isHidden?: true;
  /** Null while the hold is in force: until each of those chains records its release. */
  released: Pick<EventOf<"release">, "by" | "known" | "at" | "reason"> | null;
}

/** A short id, different for different holds. @param request.at when the same hold was last released; empty if never. */
export function holdId(request: { selection: Selection; reason: string; by: string; at: string }): string {
  return sha256Hex(canonicalBytes(request)).slice(0, 10);
}

/**
 * The holds that chains record, oldest first. Two holds with the same id and different selections are both in force: otherwise somebody
 * with write access but no key could replace a hold by a narrower one.
 * @param chains events in order of time, by gateway. @param counts whether an event is verified: a release must be, a hold need not be.
 */
export function readHolds<Event extends { header: ArchiveEvent }>(chains: ReadonlyMap<string, readonly Event[]>, counts: (event: Event) => boolean): Hold[] {
  const holds = new Map<string, Hold>();
  const recorded = new Map<string, { instances: Set<string>; releases: Map<string, EventOf<"release">> }>();
  const events = [...chains].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([instance, list]) => list.map((event) => ({ instance, event, isVerified: counts(event) })));
  // Verified events come first, since the first event of a hold gives its author and time.
  for (const { instance, event: { header }, isVerified } of events.sort((a, b) => Number(b.isVerified) - Number(a.isVerified))) {
    if (header.kind !== "hold" && header.kind !== "release") continue;
    const ofHold = recorded.get(header.hold) ?? { instances: new Set<string>(), releases: new Map<string, EventOf<"release">>() };
    recorded.set(header.hold, ofHold);
    if (header.kind === "hold") {
      const { hold: id, selection, reason, by, known, at } = header;
      const request = sha256Hex(canonicalBytes({ id, selection }));
      if (!holds.has(request)) holds.set(request, { id, selection, reason, by, ...(known === undefined ? {} : { known }), at, instances: [], released: null });
      ofHold.instances.add(instance);
    } else if (isVerified) {
      ofHold.releases.set(instance, header);
    }
  }
  for (const hold of holds.values()) {
    const { instances, releases } = recorded.get(hold.id) ?? { instances: new Set<string>(), releases: new Map<string, EventOf<"release">>() };
    hold.instances = [...instances].sort();
    const released = hold.instances.map((instance) => releases.get(instance));
    const [first] = released;
    if (first !== undefined && !released.includes(undefined)) hold.released = toRelease(first);
  }
  return [...holds.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
}

function toRelease({ by, known, at, reason }: EventOf<"release">): Hold["released"] {
  return { by, ...(known === undefined ? {} : { known }), at, reason };
}

/** Whether a record is on hold, by login or by pseudonym. @param pseudonym the pseudonym of the record's caller, if a key is configured. */
export function holdCovers(hold: Pick<Hold, "selection" | "pseudonym">, record: SelectableRecord, pseudonym?: string): boolean {
  const { caller } = hold.selection;
  const isMeant = caller === null || [caller, hold.pseudonym].includes(record.caller) || caller === pseudonym;
  return isMeant && selectionCovers({ ...hold.selection, caller: null }, record);
}

/** Holds in force that may cover records of a gateway. */
export function holdsOver(holds: readonly Hold[], instance: string): Hold[] {
  return holds.filter(({ selection, released }) => released === null && (selection.instance === null || selection.instance === instance));
}
