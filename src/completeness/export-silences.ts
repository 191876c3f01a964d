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
  const sorted = exports.toSorted((a, b) => a.time - b.time);
  const distances = sorted.slice(1).map((before, index) => ({ after: sorted[index] ?? before, before }));
  const last = distances.map(lengthOf).filter((length) => length > 0).slice(-LAST_EXPORTS).toSorted((a, b) => a - b);
  const usual = last[Math.floor((last.length - 1) / 2)] ?? 0;
  return distances.filter((distance) => lengthOf(distance) > Math.max(2 * usual, SHORTEST_SILENCE));
}

function lengthOf({ after, before }: Silence): number {
  return before.time - after.time;
}
