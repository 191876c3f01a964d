import type { Content } from "../copies/receipt.ts";
import type { ArchiveEvent, EventOf } from "./event.ts";

/** A declared change of a copy, and the event that declares it. */
export interface DeclaredReduction {
  event: EventOf<"reduction">;
  object: EventOf<"reduction">["objects"][number];
}

/** The declared reductions of a copy, in the order of the events. */
export function reductionsOf(key: string, events: readonly ArchiveEvent[]): DeclaredReduction[] {
  return events.flatMap((event) => (event.kind === "reduction" ? event.objects.filter((one) => one.key === key).map((object) => ({ event, object })) : []));
}

/** The content of an export after its last declared reduction; undefined if it was never reduced. @param events in the order of `orderEvents`. */
export function reducedContent(key: string, events: readonly ArchiveEvent[]): Content | undefined {
  return reductionsOf(key, events).at(-1)?.object.after;
}

/** The reductions that produced a copy, the last one first, without those that were declared and never carried out. */
export function reductionsUpTo(key: string, events: readonly ArchiveEvent[], sha256: string): DeclaredReduction[] {
  let reached = sha256;
  return reductionsOf(key, events).reverse().filter(({ object: { before, after } }) => {
    if (after.sha256 !== reached) return false;
    reached = before.sha256;
    return true;
  });
}

/** The reductions that lead from one SHA-256 of a copy to another, in order; undefined if none do. */
export function reductionsBetween(key: string, events: readonly ArchiveEvent[], { from, to }: { from: string; to: string }): DeclaredReduction[] | undefined {
  const back = reductionsUpTo(key, events, to);
  const first = back.findIndex(({ object }) => object.before.sha256 === from && object.after.sha256 !== from);
  return first === -1 ? undefined : back.slice(0, first + 1).reverse();
}
