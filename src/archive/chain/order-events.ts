import type { ArchiveEvent } from "./event.ts";

/**
 * Sorts events by time, except that an event never precedes the one that produced the copy it changes: for events of the same
 * moment, or from machines whose clocks differ, time alone does not give the order.
 * @param events in order of time.
 */
export function orderEvents<Stored>(events: readonly Stored[], eventOf: (stored: Stored) => ArchiveEvent | undefined): Stored[] {
  const makers = new Map<string, Stored[]>();
  for (const stored of events) {
    for (const { key, after } of madeBy(eventOf(stored))) {
      const name = `${after} ${key}`;
      makers.set(name, [...(makers.get(name) ?? []), stored]);
    }
  }
  // Each event is visited once, so that even events in a cycle appear exactly once.
  const ordered = new Set<Stored>();
  const begun = new Set<Stored>();
  const pending: { stored: Stored; isReady: boolean }[] = events.toReversed().map((stored) => ({ stored, isReady: false }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { stored, isReady } = next;
    if (isReady) ordered.add(stored);
    if (isReady || begun.has(stored)) continue;
    begun.add(stored);
    pending.push({ stored, isReady: true });
    for (const { key, before } of foundBy(eventOf(stored))) {
      for (const maker of makers.get(`${before} ${key}`) ?? []) if (!begun.has(maker)) pending.push({ stored: maker, isReady: false });
    }
  }
  return [...ordered];
}

function madeBy(event: ArchiveEvent | undefined): { key: string; after: string }[] {
  if (event?.kind !== "reduction") return [];
  return event.objects.map(({ key, after }) => ({ key, after: after.sha256 }));
}

/** SHA-256 of the copies before the event, at the keys that it changed. */
function foundBy(event: ArchiveEvent | undefined): { key: string; before: string }[] {
  if (event?.kind === "reduction") return event.objects.map(({ key, before }) => ({ key, before: before.sha256 }));
  return event?.kind === "purge" ? event.objects.map(({ key, sha256 }) => ({ key, before: sha256 })) : [];
}
