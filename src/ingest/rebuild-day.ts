import { buildDay, type DayBuildTools } from "../lake/days/build-day.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { findDayStale } from "../lake/days/day-state.ts";
import type { Day } from "../lake/days/stale.ts";
import { LedgerError } from "../ledger/errors.ts";
import { isLandingReadable } from "./ingest-settings.ts";

/** Each further build takes an export that was ingested during the one before, or another builder at work. */
const MOST_BUILDS = 5;

/**
 * Builds a stale day, and again while its inputs change under the build: whoever writes last has looked afterwards, so
 * that of two builds at the same time the newer inputs stay. Resolves to the day's manifest; undefined when nothing is
 * left of the day.
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

/** A landing file that is not what its manifest says may just be replaced; then there is another state of the day to build. */
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
  return new LedgerError("day_build_failed", `${date} of ${instance} holds export ${name} as another version landed it`, {
    remedy: "the next pull lands it anew from its copy; if it has none any more (status says so), restore that in the archive",
    retryable: true,
  });
}
