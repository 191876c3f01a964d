import { DAY_MS } from "../../ledger/durations.ts";

/** Events dated further ahead are ignored: a wrong clock wrote them, and following them would date every later event wrong too. */
const SLACK_MS = DAY_MS;

/**
 * The time for an event that follows others: at least a millisecond after all of them, since the order of events decides what a
 * copy contains and their times have milliseconds.
 * @param moments times of the other events, ISO 8601.
 */
export function nextEventTime(moments: readonly string[], now: Date): Date {
  const last = Math.max(...moments.map((moment) => Date.parse(moment)).filter((moment) => moment <= now.getTime() + SLACK_MS), -Infinity);
  return last >= now.getTime() ? new Date(last + 1) : now;
}
