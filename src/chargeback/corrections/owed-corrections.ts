import type { Nanodollars } from "../../money.ts";
import type { Correction } from "./correction.ts";

/** What more is owed by corrections; list values of subscriptions are nobody's money. */
export function sumOwedCorrections(corrections: readonly Pick<Correction, "billing" | "difference">[]): Nanodollars {
  return corrections.reduce((sum, { billing, difference }) => (billing === "subscription" ? sum : sum + difference), 0n);
}
