/**
 * When an event happens that follows others: after all of them, however fast they came. Events are told apart in time by
 * milliseconds, and their order decides what a copy is.
 * @param moments of the others, ISO 8601.
 */
export function laterThan(moments: readonly string[], now: Date): Date {
  const last = Math.max(...moments.map((moment) => Date.parse(moment)), -Infinity);
  return last >= now.getTime() ? new Date(last + 1) : now;
}
