import { LedgerError } from "../../ledger/errors.ts";
import type { DayManifest } from "./day-manifest.ts";
import { loadLedgerState } from "../ledger-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** A concurrent run may replace a day once or twice while this one reads; more often means that something else is wrong. */
const MOST_ATTEMPTS = 4;

/**
 * Works on the built days. If a concurrent run replaced a day after it was listed, repeats the work with the current days; finished parts
 * are recognised as up to date.
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

/** Whether something failed because an object was replaced while it was read. A missing object is different: it may never return. */
export function isReplaced(error: unknown): boolean {
  if (!(error instanceof LedgerError)) return false;
  return error.code === "object_changed" || isReplaced(error.cause);
}
