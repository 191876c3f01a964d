import { z } from "zod";

/** A fractional count is kept to six decimal places. */
export const FRACTION_DIGITS = 6;

/** The counts of one request in the form of landing files: JSON, in order of name. */
export function writeUnknownCounts(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted.map(([name, count]) => ({ name, count: Number.isInteger(count) ? String(count) : count.toFixed(FRACTION_DIGITS) })));
}

const writtenCounts = z.array(z.object({ name: z.string(), count: z.string() }));

/** What `writeUnknownCounts` wrote. */
export function readUnknownCounts(json: string): [name: string, count: number][] {
  return writtenCounts.parse(JSON.parse(json)).map(({ name, count }) => [name, Number(count)]);
}
