import type { Content } from "../copies/receipt.ts";
import type { ArchiveEvent, EventOf } from "./event.ts";

/** A declared change of a copy, and the event that declares it. */
export interface DeclaredReduction {
  event: EventOf<"reduction">;
  object: EventOf<"reduction">["objects"][number];
}

/** What events declare of a copy, in their order. */
export function reductionsOf(key: string, events: readonly ArchiveEvent[]): DeclaredReduction[] {
  return events.flatMap((event) => (event.kind === "reduction" ? event.objects.filter((one) => one.key === key).map((object) => ({ event, object })) : []));
}

/** What declared reductions left of an export, after the last of them; undefined where there was none. @param events in the order of `orderEvents`. */
export function reducedContent(key: string, events: readonly ArchiveEvent[]): Content | undefined {
  return reductionsOf(key, events).at(-1)?.object.after;
}

/** The reductions by which a copy became what it is, the last one first; those that were declared and never done are not among them. */
export function reductionsUpTo(key: string, events: readonly ArchiveEvent[], sha256: string): DeclaredReduction[] {
  let reached = sha256;
  return reductionsOf(key, events).reverse().filter(({ object: { before, after } }) => {
    if (after.sha256 !== reached) return false;
    reached = before.sha256;
    return true;
  });
}

/** Those by which a copy of one SHA-256 became one of another, in order; undefined where none lead there. */
export function reductionsBetween(key: string, events: readonly ArchiveEvent[], { from, to }: { from: string; to: string }): DeclaredReduction[] | undefined {
  const back = reductionsUpTo(key, events, to);
  const first = back.findIndex(({ object }) => object.before.sha256 === from && object.after.sha256 !== from);
  return first === -1 ? undefined : back.slice(0, first + 1).reverse();
}
