/** A count that is no whole number is kept to the millionth. */
export const FRACTION_DIGITS = 6;

/** The counts of one request as a landing file has them: JSON, in order of name. */
export function writeUnknownCounts(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted.map(([name, count]) => ({ name, count: Number.isInteger(count) ? String(count) : count.toFixed(FRACTION_DIGITS) })));
}
