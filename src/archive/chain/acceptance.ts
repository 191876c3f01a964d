import type { ArchiveEvent, EventOf } from "./event.ts";

/** The event by which somebody stands up for an object with these bytes; undefined where nobody does. @param sha256 null: that it is not there. */
export function acceptanceOf(events: readonly ArchiveEvent[], { key, sha256 }: { key: string; sha256: string | null }): EventOf<"acceptance"> | undefined {
  return events.findLast((event): event is EventOf<"acceptance"> => event.kind === "acceptance" && event.objects.some((one) => one.key === key && one.sha256 === sha256));
}
