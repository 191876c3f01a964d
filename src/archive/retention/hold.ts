import { canonicalBytes, sha256Hex } from "../chain/canonical.ts";
import type { ArchiveEvent, EventOf, KnownBy, Selection } from "../chain/event.ts";
import { type SelectableRecord, selectionFits } from "./selection-fits.ts";

/** Somebody's wish that nothing of some records is removed, whatever the rules say. */
export interface Hold {
  id: string;
  selection: Selection;
  /** What stands for the selection's caller since an erasure, where there is a key to tell. */
  pseudonym?: string;
  reason: string;
  by: string;
  /** How it was known; nothing of holds of earlier versions. */
  known?: KnownBy | undefined;
  at: string;
  /** Gateways whose chains tell of it, in order. */
  instances: string[];
  /** Whether it only may have been one: what lies at its place cannot be read. */
  isHidden?: true;
  /** Null while it holds: until each of those chains tells of its release. */
  released: Pick<EventOf<"release">, "by" | "known" | "at" | "reason"> | null;
}

/** Short, and another one for another wish. @param wish.at when the same was last released; empty before. */
export function holdId(wish: { selection: Selection; reason: string; by: string; at: string }): string {
  return sha256Hex(canonicalBytes(wish)).slice(0, 10);
}

/**
 * The holds that chains tell of, oldest first. Of two under one id that mean different records both hold: somebody who can write, and
 * has no key, could otherwise put a narrower one in the place of another.
 * @param chains events in order of time, by gateway. @param counts whether an event is to be believed: a release has to be, a hold need not.
 */
export function readHolds<Event extends { header: ArchiveEvent }>(chains: ReadonlyMap<string, readonly Event[]>, counts: (event: Event) => boolean): Hold[] {
  const holds = new Map<string, Hold>();
  const told = new Map<string, { instances: Set<string>; releases: Map<string, EventOf<"release">> }>();
  const events = [...chains].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([instance, list]) => list.map((event) => ({ instance, event, isBelieved: counts(event) })));
  // Who and when is taken from those that are believed, where any is.
  for (const { instance, event: { header }, isBelieved } of events.sort((a, b) => Number(b.isBelieved) - Number(a.isBelieved))) {
    if (header.kind !== "hold" && header.kind !== "release") continue;
    const ofHold = told.get(header.hold) ?? { instances: new Set<string>(), releases: new Map<string, EventOf<"release">>() };
    told.set(header.hold, ofHold);
    if (header.kind === "hold") {
      const { hold: id, selection, reason, by, known, at } = header;
      const wish = sha256Hex(canonicalBytes({ id, selection }));
      if (!holds.has(wish)) holds.set(wish, { id, selection, reason, by, ...(known === undefined ? {} : { known }), at, instances: [], released: null });
      ofHold.instances.add(instance);
    } else if (isBelieved) {
      ofHold.releases.set(instance, header);
    }
  }
  for (const hold of holds.values()) {
    const { instances, releases } = told.get(hold.id) ?? { instances: new Set<string>(), releases: new Map<string, EventOf<"release">>() };
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

/** Whether a record is on hold, under the caller's login or under the pseudonym that stands for it. @param pseudonym what stands for the record's own caller, where there is a key to tell. */
export function holdFits(hold: Pick<Hold, "selection" | "pseudonym">, record: SelectableRecord, pseudonym?: string): boolean {
  const { caller } = hold.selection;
  const isMeant = caller === null || [caller, hold.pseudonym].includes(record.caller) || caller === pseudonym;
  return isMeant && selectionFits({ ...hold.selection, caller: null }, record);
}

/** Active holds that may be about records of a gateway. */
export function holdsOver(holds: readonly Hold[], instance: string): Hold[] {
  return holds.filter(({ selection, released }) => released === null && (selection.instance === null || selection.instance === instance));
}
