import { HOUR_MS } from "../../ledger/durations.ts";
import { type Cell, type Comparison, compareBill } from "./compare-bill.ts";

/** Time zone offsets that are not whole hours, including summer time. */
const PARTIAL_HOURS = [-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75];
/** Time zones range from UTC-12 to UTC+14; nearest to UTC first. */
const OFFSETS = [...Array.from({ length: 27 }, (_, index) => index - 12), ...PARTIAL_HOURS]
  .filter((hours) => hours !== 0)
  .sort((a, b) => Math.abs(a) - Math.abs(b))
  .map((hours) => hours * HOUR_MS);

/** An offset of the bill's days that makes the differences disappear. */
export interface DayOffset {
  /** Milliseconds by which the bill's days begin before UTC days. */
  offset: number;
  /** The cells with these days. */
  cells: readonly Cell[];
}

/**
 * The offset from UTC whose days explain a provider's bill, if one removes at least nine tenths of the differences; among several, the
 * nearest to UTC. The ledger knows the quarter of an hour of each request.
 */
export function findOffset(comparison: Comparison, provider: string): DayOffset | undefined {
  const own: Comparison = {
    ...comparison,
    usage: comparison.usage.filter((one) => one.provider === provider),
    bill: { ...comparison.bill, lines: comparison.bill.lines.filter((line) => line.provider === provider) },
  };
  const cells = compareBill(own);
  const before = distance(cells);
  const days = new Set(cells.filter((cell) => distance([cell]) > 0).map(({ date }) => date));
  if (days.size < 2) return undefined;
  let best: (DayOffset & { left: number }) | undefined;
  for (const offset of OFFSETS) {
    const shifted = compareBill({ ...own, offset });
    const left = distance(shifted);
    if (left < (best?.left ?? before / 10)) best = { offset, cells: shifted, left };
  }
  return best;
}

/** Differing tokens, or nanodollars where the bill has no counts. Approximate, for comparison with other offsets only. */
function distance(cells: readonly Cell[]): number {
  const counted = cells.flatMap(({ counts }) => counts.map(({ bill, ledger }) => Math.abs(Number(bill - ledger))));
  const amounts = counted.length > 0 ? counted : cells.flatMap(({ cost }) => (cost === null ? [] : [Math.max(0, Math.abs(Number(cost.bill - cost.ledger)) - Number(cost.tolerance))]));
  return amounts.reduce((all, one) => all + one, 0);
}

/** `UTC+05:30` */
export function showOffset(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0"));
  return `UTC${offset < 0 ? "-" : "+"}${hours ?? ""}:${rest ?? ""}`;
}
