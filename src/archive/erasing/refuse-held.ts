import type { Hold } from "../retention/hold.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ExportOfCaller } from "./find-caller.ts";

/** Throws `on_hold` where a hold that was not released may mean any of these requests. @param names of the caller, in small letters: login and pseudonym. */
export function refuseHeld(holds: readonly Hold[], names: readonly string[], found: readonly ExportOfCaller[]): void {
  const held = holds.find((hold) => hold.released === null && found.some((one) => mayMean(hold, names, one)));
  if (held === undefined) return;
  if (held.isHidden === true) throw new LedgerError("archive_broken", held.reason, { remedy: "nobody of its gateway is erased meanwhile: aperture-ledger archive verify names all that is wrong there" });
  throw new LedgerError("on_hold", `requests of this caller are on hold ${held.id}: ${held.reason}`, {
    remedy: `release it first, if whoever set it agrees: aperture-ledger archive hold release ${held.id}`,
  });
}

function mayMean({ selection: { instance, caller, session, from, to } }: Hold, names: readonly string[], { known, sessions, mayBeQuarantined }: ExportOfCaller): boolean {
  if (instance !== null && instance !== known.instance) return false;
  if (caller !== null && !names.includes(caller.toLowerCase())) return false;
  // All that is known of the caller here is in quarantine, with neither session nor time: it may be what is held.
  if (sessions.length === 0) return mayBeQuarantined;
  return sessions.some(
    (one) =>
      (session === null || session === one.session) &&
      (from === null || one.to.getTime() >= Date.parse(from)) &&
      (to === null || one.from.getTime() < Date.parse(to)),
  );
}
