import { billionths } from "../ledger/dollars.ts";
import { formatCents, formatDollars, type Nanodollars, roundToCents, shareCents, signDollar } from "../ledger/money.ts";
import { presentation } from "./presentation.ts";

const NOT_PRICED = "not priced";

/** `$1,234.56`, or all nine decimals with `--exact`. An amount that is not zero never shows as zero: `<$0.01`. */
export function showMoney(amount: Nanodollars): string {
  return showPrinted(amount, roundToCents([amount]).total);
}

/** Shows an amount whose cents are already known, such as those of a report's page. */
export function showPrinted(amount: Nanodollars, cents: bigint): string {
  if (presentation().exact) return signDollar(formatDollars(amount));
  if (cents === 0n && amount !== 0n) return amount > 0n ? "<$0.01" : ">-$0.01";
  return signDollar(formatCents(cents));
}

/** Text that contains exact dollars, such as the evidence for a cause, with two decimals. */
export function shortenDollars(text: string): string {
  return text.replaceAll(/\$(-?\d+\.\d{9})(?!\d)/g, (_, dollars: string) => showMoney(billionths.parse(dollars)));
}

/** An amount in another currency, in billionths, without the currency's name: `1,234.56`. */
export function showForeign(amount: bigint): string {
  return showMoney(amount).replace("$", "");
}

/** A difference, with its sign: `+$1.00`. */
export function showDifference(amount: Nanodollars, cents = roundToCents([amount]).total): string {
  const shown = showPrinted(amount, cents);
  return amount > 0n && !shown.startsWith("<") ? `+${shown}` : shown;
}

/**
 * Shows amounts beside their sum, so that the shown cents add up as well; null is an amount without a price.
 * @param total cents that they add up to; by default their sum, rounded @param show how each of them is written
 */
export function showParts(amounts: readonly (Nanodollars | null)[], total?: bigint, show: (amount: Nanodollars, cents: bigint) => string = showPrinted): string[] {
  const known = amounts.map((amount) => amount ?? 0n);
  const cents = shareCents(total ?? roundToCents(known).total, known);
  return amounts.map((amount, index) => (amount === null ? NOT_PRICED : show(amount, cents[index] ?? 0n)));
}
