import { formatBillionths } from "../../ledger/money.ts";
import { formatHundredths } from "../../chargeback/page/cells.ts";
import { printRequests } from "../../chargeback/report/printed-allocations.ts";

/** Prints requests given in billionths, since they may be fractions. */
export interface PrintCounts {
  one: (count: bigint) => string;
  /** Prints counts that appear with their sum, so that the printed counts add up as well. */
  shared: (counts: readonly bigint[]) => string[];
}

/** @param exact whether counts have all decimals instead of two */
export function countPrinter(exact: boolean): PrintCounts {
  if (exact) return { one: formatBillionths, shared: (counts) => counts.map(formatBillionths) };
  return {
    one: (count) => formatHundredths(printRequests([count]).total),
    shared: (counts) => printRequests(counts).parts.map(formatHundredths),
  };
}
