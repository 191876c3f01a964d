import { LedgerError } from "../../ledger/errors.ts";
import type { DayManifest } from "./day-manifest.ts";
import { loadLedgerState } from "../ledger-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** Another run replaces a day once or twice while this one reads; more often, something else is wrong. */
const MOST_ATTEMPTS = 4;

/**
 * Works on the days that are built. Where another run replaced one of them since they were listed, works again on the days as
 * they are then: what is done already is found to be as it should be.
 */
export async function overBuiltDays<Result>(lake: ObjectStore, days: readonly DayManifest[], work: (days: readonly DayManifest[]) => Promise<Result>): Promise<Result> {
  let known = days;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(known);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isReplaced(error)) throw error;
      known = [...(await loadLedgerState(lake)).days.values()];
    }
  }
}

/** Whether something failed because what it read was replaced by somebody else. What is gone is another matter: nobody may bring it back. */
export function isReplaced(error: unknown): boolean {
  if (!(error instanceof LedgerError)) return false;
  return error.code === "object_changed" || isReplaced(error.cause);
}
