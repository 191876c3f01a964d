/** In a millisecond. */
const MICROSECONDS = 1000;

/** The first time at which a record meets what holds from then on, as records have it: in microseconds. @param from milliseconds since 1970; null where it always holds. */
export function startOf(from: number | null): number {
  return from === null ? Number.NEGATIVE_INFINITY : from * MICROSECONDS;
}
