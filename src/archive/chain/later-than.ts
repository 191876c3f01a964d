import { DAY_MS } from "../../ledger/durations.ts";
/** What says that it happened later than this was said by a clock that was wrong: whatever follows it would be so for ever. */
const SLACK_MS = DAY_MS;

/**
 * When an event happens that follows others: after all of them, however fast they came. Events are told apart in time by
 * milliseconds, and their order decides what a copy is.
 * @param moments of the others, ISO 8601.
 */
export function laterThan(moments: readonly string[], now: Date): Date {
  const last = Math.max(...moments.map((moment) => Date.parse(moment)).filter((moment) => moment <= now.getTime() + SLACK_MS), -Infinity);
  return last >= now.getTime() ? new Date(last + 1) : now;
}
