import fc from "fast-check";
import { expect, test } from "vitest";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { orderEvents } from "../../src/archive/chain/order-events.ts";

const common = { format: 1 as const, instance: "prod", by: "ann@example.com", rule: "-", head: null };
const content = (bytes: number): { size: number; sha256: string } => ({ size: 1, sha256: String(bytes) });

/** That a copy, which has been changed so often, is changed once more. */
function reduction(key: string, times: number, at: number): ArchiveEvent {
  const moment = new Date(at * 1000).toISOString();
  return { ...common, kind: "reduction", id: `${key}-${String(times)}`, at: moment, objects: [{ key, before: content(times), after: content(times + 1), records_removed: 0, bodies_removed: 0 }] };
}

const order = (events: readonly ArchiveEvent[]): string[] => orderEvents(events, (event) => event).map(({ id }) => id);

test("whatever the clocks were, a copy's changes come in the order in which they were made, and all events come once", () => {
  const changes = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), at: fc.nat(5) }), { maxLength: 12 });
  fc.assert(
    fc.property(changes, (made) => {
      const counts = new Map<string, number>();
      const events = made.map(({ key, at }) => {
        const times = counts.get(key) ?? 0;
        counts.set(key, times + 1);
        return reduction(key, times, at);
      });
      const byTime = events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
      const ordered = order(byTime);
      expect(ordered.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
      for (const key of counts.keys()) {
        const ofKey = ordered.filter((id) => id.startsWith(key));
        expect(ofKey).toEqual(ofKey.map((_, times) => `${key}-${String(times)}`));
      }
    }),
  );
});

test("events that do not build upon each other stay in order of time; those that lead round in a circle come once", () => {
  const [first, second] = [reduction("a", 0, 1), reduction("b", 0, 2)];
  expect(order([first, second])).toEqual(["a-0", "b-0"]);
  const back: ArchiveEvent = { ...common, kind: "reduction", id: "back", at: second.at, objects: [{ key: "a", before: content(1), after: content(0), records_removed: 0, bodies_removed: 0 }] };
  expect(order([first, back]).toSorted()).toEqual(["a-0", "back"]);
});
