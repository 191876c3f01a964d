import type { Nanodollars } from "../../ledger/money.ts";
import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { QuotaOutcome } from "./quota-request.ts";

/**
 * A nanodollar in the unit of balances: 210 days in microseconds. Minute, hour, day, week and month of 30 days divide it, so the refill of
 * a microsecond is a whole number, and refills never lose a fraction.
 */
const SCALE = 210n * 86_400_000_000n;
const MICROS_PER_MS = 1000n;
const HOUR_MICROS = 3_600_000_000n;

interface BalanceAt {
  /** Microseconds since 1970. */
  at: bigint;
  balance: Nanodollars;
}

export interface BucketFigures {
  /** The name with its templates replaced. */
  name: string;
  rule: QuotaRule;
  requests: number;
  charged: Nanodollars;
  lowest: BalanceAt;
  /** Microseconds during which the bucket was empty. */
  emptyMicros: bigint;
  /** Number of requests that the gateway answered with 429. */
  rejected: number;
  /** Requests that were refused before the bucket was checked. */
  refused: number;
  /** Requests that the gateway let through although the bucket is empty in the replay. */
  wouldReject: number;
  /** By start of the hour: the lowest balance after a charge. */
  hours: BalanceAt[];
  last: BalanceAt;
}

/** Balances in units of `SCALE`. */
interface Counts extends Pick<BucketFigures, "requests" | "charged" | "emptyMicros" | "rejected" | "refused" | "wouldReject"> {
  lowest: bigint;
  lowestAt: bigint;
  hours: Map<bigint, bigint>;
}

function countFrom(balance: bigint, at: bigint): Counts {
  return { requests: 0, charged: 0n, lowest: balance, lowestAt: at, emptyMicros: 0n, rejected: 0, refused: 0, wouldReject: 0, hours: new Map() };
}

/** A token bucket: initially full, refilled continuously up to its capacity; a charge may take it below zero. */
export class QuotaBucket {
  readonly name: string;
  #rule: QuotaRule;
  #perMicro: bigint;
  #capacity: bigint;
  #time: bigint;
  #balance: bigint;
  #counts: Counts;

  constructor(name: string, rule: QuotaRule, at: bigint) {
    this.name = name;
    this.#rule = rule;
    this.#capacity = rule.capacity * SCALE;
    this.#perMicro = perMicro(rule);
    this.#time = at;
    this.#balance = this.#capacity;
    this.#counts = countFrom(this.#balance, at);
  }

  get rule(): QuotaRule {
    return this.#rule;
  }

  get isEmpty(): boolean {
    return this.#balance <= 0n;
  }

  /** Rounded down. */
  get balance(): Nanodollars {
    return floor(this.#balance);
  }

  beginCounting(at: bigint): void {
    this.advance(at);
    this.#counts = countFrom(this.#balance, this.#time);
  }

  /** Changes rate and capacity; the balance stays, up to the new capacity. */
  follow(rule: QuotaRule, at: bigint): void {
    this.advance(at);
    this.#rule = rule;
    this.#capacity = rule.capacity * SCALE;
    this.#perMicro = perMicro(rule);
    if (this.#balance > this.#capacity) this.#set(this.#capacity);
  }

  advance(to: bigint): void {
    const span = to - this.#time;
    if (span <= 0n) return;
    this.#counts.emptyMicros += this.#emptyWithin(span);
    this.#time = to;
    const refilled = this.#balance + this.#perMicro * span;
    this.#balance = refilled < this.#capacity ? refilled : this.#capacity;
  }

  charge(cost: Nanodollars, at: bigint): void {
    this.advance(at);
    this.#counts.charged += cost;
    this.#set(this.#balance - cost * SCALE);
    const hour = this.#time - (this.#time % HOUR_MICROS);
    const before = this.#counts.hours.get(hour);
    if (before === undefined || this.#balance < before) this.#counts.hours.set(hour, this.#balance);
  }

  /** Notes a request that a grant charges to this bucket. */
  countRequest(outcome: QuotaOutcome): void {
    this.#counts.requests++;
    if (outcome === "rejected") this.#counts.rejected++;
    else if (outcome === "refused") this.#counts.refused++;
    else if (this.isEmpty) this.#counts.wouldReject++;
  }

  figures(): BucketFigures {
    const { lowest, lowestAt, hours, ...counts } = this.#counts;
    return {
      name: this.name,
      rule: this.#rule,
      ...counts,
      lowest: { at: lowestAt, balance: floor(lowest) },
      hours: [...hours].map(([at, balance]) => ({ at, balance: floor(balance) })),
      last: { at: this.#time, balance: this.balance },
    };
  }

  #set(balance: bigint): void {
    this.#balance = balance;
    if (balance >= this.#counts.lowest) return;
    this.#counts.lowest = balance;
    this.#counts.lowestAt = this.#time;
  }

  /** Whole microseconds within the next `span` at whose beginning the bucket is empty, so that spans can be divided anywhere and still add up. */
  #emptyWithin(span: bigint): bigint {
    if (this.#capacity <= 0n) return span;
    if (this.#balance > 0n) return 0n;
    if (this.#perMicro === 0n) return span;
    const empty = -this.#balance / this.#perMicro + 1n;
    return empty < span ? empty : span;
  }
}

function perMicro({ name, rate: { amount, unitMs } }: QuotaRule): bigint {
  const unit = BigInt(unitMs) * MICROS_PER_MS;
  if (SCALE % unit !== 0n) throw new RangeError(`quota ${name}: ${String(unitMs)} ms is not a unit of rates`);
  return amount * (SCALE / unit);
}

function floor(scaled: bigint): Nanodollars {
  const whole = scaled / SCALE;
  return scaled < whole * SCALE ? whole - 1n : whole;
}
