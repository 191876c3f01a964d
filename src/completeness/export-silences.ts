import { HOUR_MS } from "../ledger/durations.ts";
/** An export by name. */
export interface ExportTime {
  name: string;
  /** Milliseconds since 1970. */
  time: number;
}

/** A time in which a gateway that exports regularly did not. */
export interface Silence {
  after: ExportTime;
  before: ExportTime;
}

const SHORTEST_SILENCE = 2 * HOUR_MS;
/** As many of the last exports as the usual interval is taken from. */
const LAST_EXPORTS = 100;

/** Distances of more than twice the usual interval, which is the median of the last ones, and of more than two hours; in order. */
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
