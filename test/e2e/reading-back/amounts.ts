/** Nanodollars, or billionths of a request, of a sum; nothing is zero. */
export function exactly(dollars: string | null | undefined): bigint {
  if (dollars === null || dollars === undefined) return 0n;
  const [, sign, whole, fraction = ""] = /^([+-]?)\$?([\d,]+)(?:\.(\d{1,9}))?$/.exec(dollars) ?? [];
  if (whole === undefined) throw new Error(`no amount: ${dollars}`);
  const size = BigInt(`${whole.replaceAll(",", "")}${fraction.padEnd(9, "0")}`);
  return sign === "-" ? -size : size;
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, amount) => all + amount, 0n);
}

export const CENT = 10_000_000n;

/** Whether an amount is printed as its exact one rounded up or down at its last digit, without a sign of its own. */
export function isRounded(text: string, exact: bigint, unit = CENT): boolean {
  const printed = exactly(text);
  const far = printed > exact ? printed - exact : exact - printed;
  return far < unit && (exact >= 0n ? printed >= 0n : printed <= 0n) && !/^-\$?0(\.0+)?$/.test(text);
}
