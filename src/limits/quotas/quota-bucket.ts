import type { Nanodollars } from "../../ledger/money.ts";
import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import { BucketLevel, floorBalance, SCALE } from "./bucket-level.ts";
import type { QuotaOutcome } from "./quota-request.ts";

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
  /** Requests that the gateway let through although the bucket, or the chain that it is in, is empty in the replay. */
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

/** The replayed balance at the instant of a balance from the gateway. */
export interface ExpectedBalance {
  replayed: Nanodollars;
  /** The gateway's previous balance with the charges and refills since; null for the first. */
  sincePrevious: ({ expected: Nanodollars } & ChargesSince) | null;
}

/** Costs of requests since the gateway's previous balance. */
export interface ChargesSince {
  charged: Nanodollars;
  /** Charged to other buckets of its chains. The gateway may have charged them to this one: it splits costs by its own balances. */
  elsewhere: Nanodollars;
}

function countFrom(balance: bigint, at: bigint): Counts {
  return { requests: 0, charged: 0n, lowest: balance, lowestAt: at, emptyMicros: 0n, rejected: 0, refused: 0, wouldReject: 0, hours: new Map() };
}

/** A token bucket: initially full, refilled continuously up to its capacity; a charge may take it below zero. */
export class QuotaBucket {
  readonly name: string;
  #rule: QuotaRule;
  readonly #level: BucketLevel;
  /** The level that begins with the gateway's last balance. */
  #said: ({ level: BucketLevel } & ChargesSince) | undefined;
  #counts: Counts;

  constructor(name: string, rule: QuotaRule, at: bigint) {
    this.name = name;
    this.#rule = rule;
    this.#level = new BucketLevel(rule, at);
    this.#counts = countFrom(this.#level.balance, at);
  }

  get rule(): QuotaRule {
    return this.#rule;
  }

  get isEmpty(): boolean {
    return this.#level.balance <= 0n;
  }

  /** In units of `SCALE`. */
  get exact(): bigint {
    return this.#level.balance;
  }

  /** In units of `SCALE`, at a later time if nothing is charged before. */
  exactAt(at: bigint): bigint {
    return this.#level.balanceAt(at);
  }

  /** Rounded down. */
  get balance(): Nanodollars {
    return floorBalance(this.#level.balance);
  }

  beginCounting(at: bigint): void {
    this.advance(at);
    this.#counts = countFrom(this.#level.balance, this.#level.time);
  }

  /** Changes rate and capacity; the balance stays, up to the new capacity. */
  follow(rule: QuotaRule, at: bigint): void {
    this.advance(at);
    this.#rule = rule;
    this.#level.follow(rule);
    this.#said?.level.advance(at);
    this.#said?.level.follow(rule);
    this.#noteLowest();
  }

  advance(to: bigint): void {
    const span = to - this.#level.time;
    if (span <= 0n) return;
    this.#counts.emptyMicros += this.#level.emptyWithin(span);
    this.#level.advance(to);
  }

  charge(cost: Nanodollars, at: bigint): void {
    this.#counts.charged += cost;
    this.advance(at);
    this.#level.take(cost * SCALE);
    this.#noteLowest();
    const [balance, hour] = [this.#level.balance, this.#level.time - (this.#level.time % HOUR_MICROS)];
    const before = this.#counts.hours.get(hour);
    if (before === undefined || balance < before) this.#counts.hours.set(hour, balance);
    if (this.#said === undefined) return;
    this.#said.charged += cost;
    this.#said.level.advance(at);
    this.#said.level.take(cost * SCALE);
  }

  /** Notes what other buckets of its chain are charged. */
  noteElsewhere(cost: Nanodollars): void {
    if (this.#said !== undefined) this.#said.elsewhere += cost;
  }

  /** Changes the balance other than by a charge: somebody added funds or set a balance. @param upTo the highest balance, which may be above the capacity. */
  adjust(amount: Nanodollars, upTo: Nanodollars, at: bigint): void {
    this.advance(at);
    this.#level.add(amount * SCALE, upTo * SCALE);
    this.#noteLowest();
  }

  /** Notes a balance from the gateway. Later charges are also counted from that balance on. */
  noteSaid(balance: Nanodollars, at: bigint): ExpectedBalance {
    this.advance(at);
    const before = this.#said;
    before?.level.advance(at);
    const sincePrevious = before === undefined ? null : { expected: floorBalance(before.level.balance), charged: before.charged, elsewhere: before.elsewhere };
    const level = new BucketLevel(this.#rule, at);
    level.balance = balance * SCALE;
    this.#said = { level, charged: 0n, elsewhere: 0n };
    return { replayed: this.balance, sincePrevious };
  }

  /** Notes a request that a grant charges to this bucket. @param isBlocked whether it finds the bucket, or a chain that it is in, empty. */
  countRequest(outcome: QuotaOutcome, isBlocked = this.isEmpty): void {
    this.#counts.requests++;
    if (outcome === "rejected") this.#counts.rejected++;
    else if (outcome === "refused") this.#counts.refused++;
    else if (isBlocked) this.#counts.wouldReject++;
  }

  figures(): BucketFigures {
    const { lowest, lowestAt, hours, ...counts } = this.#counts;
    return {
      name: this.name,
      rule: this.#rule,
      ...counts,
      lowest: { at: lowestAt, balance: floorBalance(lowest) },
      hours: [...hours].map(([at, balance]) => ({ at, balance: floorBalance(balance) })),
      last: { at: this.#level.time, balance: this.balance },
    };
  }

  #noteLowest(): void {
    const { balance, time } = this.#level;
    if (balance >= this.#counts.lowest) return;
    this.#counts.lowest = balance;
    this.#counts.lowestAt = time;
  }
}
