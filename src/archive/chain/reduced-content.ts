import type { Content } from "../receipt.ts";
import type { ArchiveEvent } from "./event.ts";

/** What declared reductions left of an export, after the last of them; undefined where there was none. @param events in the order of `orderEvents`. */
export function reducedContent(key: string, events: readonly ArchiveEvent[]): Content | undefined {
  return events.flatMap((event) => (event.kind === "reduction" ? event.objects : [])).findLast((reduced) => reduced.key === key)?.after;
}
