import { z } from "zod";
import type { ToolCalls } from "../../ledger/usage/tool-calls.ts";

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

/** The tools of one request in the form of landing files: JSON lists of server, tool and calls. */
export function writeToolCalls(tools: readonly ToolCalls[]): string {
  return JSON.stringify(tools.map(({ server, tool, calls }) => [server, tool, calls]));
}
