import { canonicalBytes, sha256Hex } from "../chain/canonical.ts";
import type { ArchiveEvent, EventOf, Selection } from "../chain/event.ts";

/** Somebody's wish that nothing of some records is removed, whatever the rules say. */
export interface Hold {
  id: string;
  selection: Selection;
  reason: string;
  by: string;
  at: string;
  /** Gateways whose chains tell of it, in order. */
  instances: string[];
  /** Null while it holds: until each of those chains tells of its release. */
  released: Pick<EventOf<"release">, "by" | "at" | "reason"> | null;
}

/** Short, and another one for another wish or another time. */
export function holdId(wish: { selection: Selection; reason: string; by: string; at: string }): string {
  return sha256Hex(canonicalBytes(wish)).slice(0, 10);
}

/**
 * The holds that chains tell of, oldest first.
 * @param chains events in order of time, by gateway. @param counts whether a release is to be believed: a hold is in any case.
 */
export function readHolds<Event extends { header: ArchiveEvent }>(chains: ReadonlyMap<string, readonly Event[]>, counts: (event: Event) => boolean): Hold[] {
  const holds = new Map<string, Hold>();
  const releases = new Map<string, Map<string, EventOf<"release">>>();
  for (const [instance, events] of [...chains].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const event of events) {
      const { header } = event;
      if (header.kind === "hold") {
        const { hold: id, selection, reason, by, at } = header;
        const known = holds.get(id) ?? { id, selection, reason, by, at, instances: [], released: null };
        known.instances.push(instance);
        holds.set(id, known);
      }
      if (header.kind === "release" && counts(event)) {
        const ofHold = releases.get(header.hold) ?? new Map<string, EventOf<"release">>();
        releases.set(header.hold, ofHold.set(instance, header));
      }
    }
  }
  for (const hold of holds.values()) {
    const told = hold.instances.map((instance) => releases.get(hold.id)?.get(instance));
    const [first] = told;
    if (first !== undefined && !told.includes(undefined)) hold.released = { by: first.by, at: first.at, reason: first.reason };
  }
  return [...holds.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
}

/** Active holds that may be about records of a gateway. */
export function holdsOver(holds: readonly Hold[], instance: string): Hold[] {
  return holds.filter(({ selection, released }) => released === null && (selection.instance === null || selection.instance === instance));
}
