import type { Nanodollars } from "../../ledger/money.ts";
import { floorBalance } from "./bucket-level.ts";
import type { QuotaBucket } from "./quota-bucket.ts";

/** Buckets that share costs: the first pays, the others lend in order. A bucket without overdraft is a chain of one. */
export type BucketChain = readonly QuotaBucket[];

/** How far into the future a chain is calculated: a hundred years, in microseconds. */
const FOREVER = 100n * 365n * 86_400_000_000n;

/**
 * The amounts that the buckets pay, in order. Each bucket pays as many whole nanodollars as it has, and the last one pays the rest, even if its
 * balance falls below zero. The parts add up to the cost.
 */
export function splitCost(cost: Nanodollars, balances: readonly Nanodollars[]): Nanodollars[] {
  let rest = cost;
  return balances.map((balance, index) => {
    const most = index === balances.length - 1 || balance > rest ? rest : balance;
    const part = most > 0n ? most : 0n;
    rest -= part;
    return part;
  });
}

/** A bucket of a chain that pays nothing is not charged. */
export function chargeChain(chain: BucketChain, cost: Nanodollars, at: bigint): void {
  for (const bucket of chain) bucket.advance(at);
  const parts = splitCost(cost, chain.map(({ balance }) => balance));
  for (const [index, bucket] of chain.entries()) {
    const part = parts[index] ?? 0n;
    bucket.noteElsewhere(cost - part);
    if (part > 0n || chain.length === 1) bucket.charge(part, at);
  }
}

/** A chain lets nothing through while its buckets together have nothing. */
export function isBlocked(chain: BucketChain): boolean {
  return exactSum(chain) <= 0n;
}

/** The sum of the buckets' balances, rounded down. */
export function combinedBalance(chain: BucketChain): Nanodollars {
  return floorBalance(exactSum(chain));
}

/**
 * The first microsecond from `at` on at which the chain's sum is above zero again if nothing is charged; null if refills alone never raise it that far.
 * Refills only raise the sum, so the moment is found by halving.
 */
export function opensAt(chain: BucketChain, at: bigint): bigint | null {
  const isOpen = (time: bigint): boolean => chain.reduce((sum, bucket) => sum + bucket.exactAt(time), 0n) > 0n;
  let [closed, open] = [at - 1n, at + FOREVER];
  if (!isOpen(open)) return null;
  while (open - closed > 1n) {
    const middle = (closed + open) / 2n;
    if (isOpen(middle)) open = middle;
    else closed = middle;
  }
  return open;
}

function exactSum(chain: BucketChain): bigint {
  return chain.reduce((sum, { exact }) => sum + exact, 0n);
}
