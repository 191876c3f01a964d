import type { Hold } from "../retention/hold.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ExportOfCaller } from "./find-caller.ts";

/** Throws `on_hold` if a hold in force may cover any of these requests. @param names login and pseudonym of the caller, in lower case. */
export function refuseHeld(holds: readonly Hold[], names: readonly string[], found: readonly ExportOfCaller[]): void {
  const held = holds.find((hold) => hold.released === null && found.some((one) => mayMean(hold, names, one)));
  if (held === undefined) return;
  if (held.isHidden === true) throw new LedgerError("archive_broken", held.reason, { remedy: "until then nobody of its gateway is erased: aperture-ledger archive verify reports everything that is wrong there" });
  throw new LedgerError("on_hold", `requests of this caller are on hold ${held.id}: ${held.reason}`, {
    remedy: `if the person who set it agrees, release it first: aperture-ledger archive hold release ${held.id}`,
  });
}

function mayMean({ selection: { instance, caller, session, from, to } }: Hold, names: readonly string[], { known, sessions, mayBeQuarantined }: ExportOfCaller): boolean {
  if (instance !== null && instance !== known.instance) return false;
  if (caller !== null && !names.includes(caller.toLowerCase())) return false;
  // All the caller's records here are quarantined, without session or time: the hold may cover them.
  if (sessions.length === 0) return mayBeQuarantined;
  return sessions.some(
    (one) =>
      (session === null || session === one.session) &&
      (from === null || one.to.getTime() >= Date.parse(from)) &&
      (to === null || one.from.getTime() < Date.parse(to)),
  );
}
