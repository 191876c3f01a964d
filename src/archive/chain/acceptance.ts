import type { ArchiveEvent, EventOf } from "./event.ts";

/** The event that accepts an object with these bytes; undefined if nobody accepted it. @param sha256 null: accepts that the object is missing. */
export function acceptanceOf(events: readonly ArchiveEvent[], { key, sha256 }: { key: string; sha256: string | null }): EventOf<"acceptance"> | undefined {
  return events.findLast((event): event is EventOf<"acceptance"> => event.kind === "acceptance" && event.objects.some((one) => one.key === key && one.sha256 === sha256));
}
