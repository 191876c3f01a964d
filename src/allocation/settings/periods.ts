import { changesBetween, settingsAt, type SettingsInForce } from "./in-force.ts";
import type { AllocationSettings } from "./settings.ts";

/** Everything from `from` on and before `to`; both at the start of a quarter of an hour. */
export interface Span {
  from: Date;
  to: Date;
}

/** A period without changes of who pays; it ends where the next one begins. */
export interface Period {
  /** Milliseconds since 1970. */
  from: number;
  settings: SettingsInForce;
}

/**
 * The periods of a span, at least one, in order of time.
 * @param cuts further instants within the span at which a period ends, even without a change.
 */
export function listPeriods(settings: AllocationSettings, { from, to }: Span, cuts: readonly Date[] = []): Period[] {
  const starts = new Set([from.getTime(), ...changesBetween(settings, from.getTime(), to.getTime()), ...cuts.map((cut) => cut.getTime())]);
  return [...starts].sort((a, b) => a - b).map((start) => ({ from: start, settings: settingsAt(settings, start) }));
}
