import type { Nanodollars } from "../../ledger/money.ts";

/** A balance that a gateway reported, and the balance that the ledger expects after the gateway's previous answer. */
export interface SaidBalance {
  recorded: Nanodollars;
  /** The previous balance with refills, without the charges of the requests since. */
  expected: Nanodollars;
  /** Charges of requests since the previous balance, and charges before it, since the gateway may charge a moment later than the replay. */
  charged: Nanodollars;
  chargedBefore: Nanodollars;
  /** Charges of all these requests to other buckets of its chains: the gateway may have split them differently. */
  elsewhere: Nanodollars;
  /** Whether the ledger has the gateway's requests up to this time. */
  isComplete: boolean;
}

const CENT = 10_000_000n;
/** Balances are rounded to nanodollars both by the gateway and by the replay. */
const ROUNDING = 2n;

/**
 * The amount by which somebody changed a balance by hand; null if charges may explain the difference, which is then drift. A change is at least a
 * cent. It is certain if the balance rose by more than all charges since. It is assumed if the difference is whole cents, since costs of requests
 * hardly ever add up to whole cents, or if the balance fell by more than the charges.
 */
export function findStep({ recorded, expected, charged, chargedBefore, elsewhere, isComplete }: SaidBalance): Nanodollars | null {
  const difference = recorded - expected;
  const isFall = difference < 0n;
  const size = isFall ? -difference : difference;
  if (size < CENT - ROUNDING || (isFall && !isComplete)) return null;
  const cents = wholeCents(size);
  const explained = isFall ? charged + chargedBefore + elsewhere : charged;
  if (cents === null && size <= explained) return null;
  const amount = cents ?? size;
  return isFall ? -amount : amount;
}

/** The amount in whole cents if only rounding separates it from them, otherwise null. */
function wholeCents(amount: Nanodollars): Nanodollars | null {
  const nearest = ((amount + CENT / 2n) / CENT) * CENT;
  const off = amount - nearest;
  return off <= ROUNDING && off >= -ROUNDING ? nearest : null;
}
