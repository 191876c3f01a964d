import { buildDay, type DayBuildTools } from "../lake/days/build-day.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { findDayStale } from "../lake/days/day-state.ts";
import type { Day } from "../lake/days/stale.ts";
import { LedgerError } from "../ledger/errors.ts";
import { isLandingReadable } from "./ingest-settings.ts";

/** A further build is only needed if an export was ingested during the one before, or if a second builder is active. */
const MOST_BUILDS = 5;

/**
 * Builds a stale day, and repeats it while its inputs change during the build: each builder checks the inputs after writing, so
 * that of two concurrent builds the one with the newer inputs remains. Resolves to the day's manifest; undefined when the day has
 * no exports any more.
 */
export async function rebuildDay(stale: Day, tools: DayBuildTools): Promise<DayManifest | undefined> {
  let day = stale;
  for (let build = 1; build <= MOST_BUILDS; build++) {
    const manifest = await buildUnlessChanged(day, tools);
    const now = await findDayStale(tools.store, day, tools.pricingOf);
    if (now === undefined) return manifest;
    day = now;
  }
  throw new LedgerError("day_build_failed", `${day.date} of ${day.instance} changed under each of ${String(MOST_BUILDS)} builds`, {
    remedy: "let its exports be ingested first; the next run builds it",
    retryable: true,
  });
}

/** A landing file that differs from its manifest may just have been replaced; then the day has a newer state to build. */
async function buildUnlessChanged(day: Day, tools: DayBuildTools): Promise<DayManifest | undefined> {
  const unreadable = day.inputs.find((input) => !isLandingReadable(input.export.settings));
  if (unreadable !== undefined) throw landedOtherwise(day, unreadable.export.name);
  try {
    return await buildDay(day, tools);
  } catch (error) {
    const isMoving = error instanceof LedgerError && (error.code === "object_changed" || error.code === "object_missing");
    const now = isMoving ? await findDayStale(tools.store, day, tools.pricingOf) : day;
    if (now !== undefined && JSON.stringify(now.inputs) === JSON.stringify(day.inputs)) throw error;
    return now?.built;
  }
}

function landedOtherwise({ date, instance }: Day, name: string): LedgerError {
  return new LedgerError("day_build_failed", `${date} of ${instance} holds export ${name} as a different version landed it`, {
    remedy: "the next pull lands it again from its copy; if there is no longer a copy (status shows it), restore the copy in the archive",
    retryable: true,
  });
}
