import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { Nanodollars } from "../../ledger/money.ts";

/**
 * A nanodollar in the unit of balances: 210 days in microseconds. Minute, hour, day, week and month of 30 days divide it, so the refill of
 * a microsecond is a whole number, and refills never lose a fraction.
 */
export const SCALE = 210n * 86_400_000_000n;
const MICROS_PER_MS = 1000n;

/**
 * A balance that is refilled continuously up to a capacity; funds that were added may take it above. Balances are in units of `SCALE`, times
 * in microseconds since 1970.
 */
export class BucketLevel {
  time: bigint;
  balance: bigint;
  #perMicro: bigint;
  #capacity: bigint;

  constructor(rule: QuotaRule, at: bigint) {
    this.#capacity = rule.capacity * SCALE;
    this.#perMicro = perMicro(rule);
    this.time = at;
    this.balance = this.#capacity;
  }

  /** The balance at a later time if nothing is charged before. */
  balanceAt(at: bigint): bigint {
    if (this.balance >= this.#capacity) return this.balance;
    const refilled = this.balance + this.#perMicro * (at - this.time);
    return refilled < this.#capacity ? refilled : this.#capacity;
  }

  advance(to: bigint): void {
    if (to <= this.time) return;
    this.balance = this.balanceAt(to);
    this.time = to;
  }

  take(amount: bigint): void {
    this.balance -= amount;
  }

  /** Adds to the balance, above the capacity only as far as `upTo`. */
  add(amount: bigint, upTo: bigint): void {
    const most = upTo > this.#capacity ? upTo : this.#capacity;
    const sum = this.balance + amount;
    this.balance = sum < most ? sum : most;
  }

  /** The balance stays, up to the new capacity where that is lower. */
  follow(rule: QuotaRule): void {
    const capacity = rule.capacity * SCALE;
    if (capacity < this.#capacity && this.balance > capacity) this.balance = capacity;
    this.#capacity = capacity;
    this.#perMicro = perMicro(rule);
  }

  /** Number of microseconds within the next `span` at whose beginning the bucket is empty. The figures of divided spans add up, wherever a span is divided. */
  emptyWithin(span: bigint): bigint {
    if (this.balance > 0n) return 0n;
    if (this.#capacity <= 0n || this.#perMicro === 0n) return span;
    const empty = -this.balance / this.#perMicro + 1n;
    return empty < span ? empty : span;
  }
}

function perMicro({ name, rate: { amount, unitMs } }: QuotaRule): bigint {
  const unit = BigInt(unitMs) * MICROS_PER_MS;
  if (SCALE % unit !== 0n) throw new RangeError(`quota ${name}: ${String(unitMs)} ms is not a unit of rates`);
  return amount * (SCALE / unit);
}

/** In nanodollars, rounded down. */
export function floorBalance(scaled: bigint): Nanodollars {
  const whole = scaled / SCALE;
  return scaled < whole * SCALE ? whole - 1n : whole;
}
