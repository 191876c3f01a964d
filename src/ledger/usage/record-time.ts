/** In a millisecond. */
const MICROSECONDS = 1000;

/** Microseconds, as records have them, of the instant from which something holds. @param from milliseconds since 1970; null where it always holds. */
export function startOf(from: number | null): number {
  return from === null ? Number.NEGATIVE_INFINITY : from * MICROSECONDS;
}
