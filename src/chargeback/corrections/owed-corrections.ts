import type { Nanodollars } from "../../ledger/money.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import type { Correction } from "./correction.ts";

/** What more is owed by corrections; list values are nobody's money. */
export function sumOwedCorrections(corrections: readonly Pick<Correction, "billing" | "difference">[]): Nanodollars {
  return corrections.reduce((sum, { billing, difference }) => (isListValue(billing) ? sum : sum + difference), 0n);
}
