import { divideRounding, type Nanodollars } from "../../ledger/money.ts";

const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,2}))?$/;
/** A billion dollars: no line of a bill is near that. */
const MOST = 10n ** 18n;

/**
 * Nanodollars of a decimal text, also in the notation of JSON for small numbers (`6e-05`), without floats. Fractions of a nanodollar
 * are rounded, halves away from zero. Undefined for anything else and beyond a billion dollars.
 * @param unit value of one unit in nanodollars: a billion for dollars, ten million for cents
 */
export function parseAmount(text: string, unit: bigint, most = MOST): Nanodollars | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction) * unit;
  const amount = scale >= 0 ? divideRounding(digits, 10n ** BigInt(scale)) : digits * 10n ** BigInt(-scale);
  if (amount > most) return undefined;
  return sign === "-" ? -amount : amount;
}

/** A count: whole, possibly written as `1200.0`; negative in corrections. Undefined for anything else and beyond 10^15. */
export function parseCount(text: string): bigint | undefined {
  const match = /^(-?\d{1,15})(?:\.0+)?$/.exec(text);
  return match?.[1] === undefined ? undefined : BigInt(match[1]);
}

export const DOLLAR = 1_000_000_000n;
export const CENT = 10_000_000n;
