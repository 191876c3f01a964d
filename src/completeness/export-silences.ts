import { HOUR_MS } from "../ledger/durations.ts";

/** An export by name. */
export interface ExportTime {
  name: string;
  /** Milliseconds since 1970. */
  time: number;
}

/** A period in which a gateway did not export although it usually does. */
export interface Silence {
  after: ExportTime;
  before: ExportTime;
}

const SHORTEST_SILENCE = 2 * HOUR_MS;
/** Number of recent exports that determine the usual interval. */
const LAST_EXPORTS = 100;

/** Intervals longer than two hours and than twice the usual interval, the median of the recent ones; in order. */
export function findSilences(exports: readonly ExportTime[]): Silence[] {
  const longest = longestQuiet(exports);
  return distancesOf(exports).filter((distance) => lengthOf(distance) > longest);
}

/** The longest time without an export that is not a silence yet, in milliseconds. @param shortest the shortest silence. */
export function longestQuiet(exports: readonly ExportTime[], shortest = SHORTEST_SILENCE): number {
  return Math.max(2 * usualInterval(exports), shortest);
}

/** The median of the recent intervals between exports, in milliseconds; 0 where there is none. */
export function usualInterval(exports: readonly ExportTime[]): number {
  const last = distancesOf(exports).map(lengthOf).filter((length) => length > 0).slice(-LAST_EXPORTS).toSorted((a, b) => a - b);
  return last[Math.floor((last.length - 1) / 2)] ?? 0;
}

function distancesOf(exports: readonly ExportTime[]): Silence[] {
  const sorted = exports.toSorted((a, b) => a.time - b.time);
  return sorted.slice(1).map((before, index) => ({ after: sorted[index] ?? before, before }));
}

function lengthOf({ after, before }: Silence): number {
  return before.time - after.time;
}
