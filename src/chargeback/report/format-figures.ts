import { formatDollars } from "../../ledger/money.ts";

/** `12_500_000_000n` → `"12.5"`: exact, without trailing zeros. */
export function formatBillionths(count: bigint): string {
  return formatDollars(count).replace(/\.?0+$/, "");
}

/** `-1.50` → `-$1.50` */
export function signDollar(amount: string): string {
  return amount.startsWith("-") ? `-$${amount.slice(1)}` : `$${amount}`;
}
