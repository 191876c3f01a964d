/** Milliseconds. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** A day of 24 hours: where the clocks change, a day of a time zone is longer or shorter. */
export const DAY_MS = 86_400_000;

/** Microseconds of 24 hours: times of records are in microseconds. */
export const DAY_MICROS = DAY_MS * 1000;
