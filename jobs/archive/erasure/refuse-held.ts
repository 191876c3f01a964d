import type { ArchiveEvent, EventOf } from "../../../src/archive/chain/event.ts";
import { LedgerError } from "../../../src/errors.ts";
import type { ExportOfCaller } from "./find-caller.ts";

/** Throws `on_hold` where a hold that was not released may mean any of these requests. @param caller in small letters. */
export function refuseHeld(events: readonly ArchiveEvent[], caller: string, found: readonly ExportOfCaller[]): void {
  const released = new Set(events.flatMap((event) => (event.kind === "release" ? [event.hold] : [])));
  for (const event of events) {
    if (event.kind !== "hold" || released.has(event.hold) || !found.some((one) => mayMean(event, caller, one))) continue;
    throw new LedgerError("on_hold", `requests of this caller are on hold ${event.hold}: ${event.reason}`, {
      remedy: `release it first, if whoever set it agrees: aperture-ledger archive hold release ${event.hold}`,
    });
  }
}

function mayMean({ selection: { instance, caller: held, session: heldSession, from, to } }: EventOf<"hold">, caller: string, { known, sessions }: ExportOfCaller): boolean {
  if (instance !== null && instance !== known.instance) return false;
  if (held !== null && held.toLowerCase() !== caller) return false;
  return sessions.some(
    (one) =>
      (heldSession === null || heldSession === one.session) &&
      (from === null || one.to.getTime() >= Date.parse(from)) &&
      (to === null || one.from.getTime() < Date.parse(to)),
  );
}
