import { divideRounding, formatBillionths } from "../../ledger/money.ts";

const DECIMAL = /^(\d{1,15})(?:\.(\d{1,40}))?(?:e([+-]?\d{1,2}))?$/i;
/** The highest accepted price, in billionths of a dollar. No price list has a higher one. */
const MOST = 10n ** 15n;

/**
 * Converts dollars for `quantity` units to dollars for `per` units, as a decimal text of up to nine places, rounded half up. Undefined for a value
 * that is not a price, such as the `-1` of a model whose price varies.
 */
export function priceFor(written: unknown, { quantity, per }: { quantity: bigint; per: bigint }): string | undefined {
  const text = typeof written === "number" || typeof written === "string" ? String(written).trim() : "";
  const [match, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  if (match === undefined) return undefined;
  const places = 9 + Number(exponent) - fraction.length;
  const scale = 10n ** BigInt(Math.abs(places));
  const digits = BigInt(whole + fraction) * per;
  const price = places < 0 ? divideRounding(digits, quantity * scale) : divideRounding(digits * scale, quantity);
  return price > MOST ? undefined : formatBillionths(price);
}
