import type { Nanodollars } from "../../ledger/money.ts";
import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { MatchBuckets } from "./match-quotas.ts";
import { PendingCharges } from "./pending-charges.ts";
import { type BucketFigures, QuotaBucket } from "./quota-bucket.ts";
import { compareRequests, type IdentifiedRequest, outcomeOf, type QuotaRequest } from "./quota-request.ts";
import { type SupposedOutcome, type Supposition, Suppositions } from "./suppose-quota.ts";

/** The buckets that are charged for a gateway's requests, from an instant on. */
export interface QuotaPeriod {
  /** Microseconds since 1970. The first period also applies to the time before it. */
  from: bigint;
  matchBuckets: MatchBuckets;
  rules: readonly QuotaRule[];
}

/** By gateway, in order of time. */
export type QuotaPeriods = ReadonlyMap<string, readonly QuotaPeriod[]>;

export interface ReplayedBucket extends BucketFigures {
  instance: string;
}


/**
 * Replays requests, in order of time, through the buckets of the gateways that answered them. The earlier balance of a bucket is unknown:
 * it is full when its first request arrives.
 */
export class QuotaReplay {
  readonly #inForce = new Map<string, QuotaPeriod>();
  readonly #changes: { from: bigint; instance: string; period: QuotaPeriod }[];
  readonly #buckets = new Map<string, Map<string, QuotaBucket>>();
  readonly #pending = new PendingCharges();
  #supposed: Suppositions | undefined;

  constructor(periods: QuotaPeriods) {
    for (const [instance, [first]] of periods) if (first !== undefined) this.#inForce.set(instance, first);
    this.#changes = [...periods].flatMap(([instance, list]) => list.slice(1).map((period) => ({ from: period.from, instance, period })));
    this.#changes.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  }

  add(request: QuotaRequest): void {
    this.advance(request.at);
    const buckets = this.#bucketsOf(request);
    if (buckets.length === 0) return;
    const outcome = outcomeOf(request);
    for (const bucket of buckets) bucket.countRequest(outcome);
    if (outcome === "refused" || this.#supposed?.stops(request, buckets, outcome) === true || request.cost === null) return;
    this.#pending.add({ at: request.answeredAt, cost: request.cost, buckets });
  }

  /** Applies everything that is due up to that time. */
  advance(to: bigint): void {
    for (;;) {
      const [change] = this.#changes;
      if (change !== undefined && change.from <= to && change.from <= (this.#pending.next ?? to)) {
        this.#changes.shift();
        this.#begin(change.instance, change.period);
        continue;
      }
      const due = this.#pending.takeDue(to);
      if (due === undefined) return;
      for (const bucket of due.buckets) bucket.charge(due.cost, due.at);
    }
  }

  /** Starts counting figures from now on; balances stay. */
  beginCounting(at: bigint): void {
    this.advance(at);
    for (const buckets of this.#buckets.values()) for (const bucket of buckets.values()) bucket.beginCounting(at);
  }

  /** From now on, one bucket has the supposed rate and capacity, and lets no request through while it is empty. */
  suppose(supposition: Supposition, at: bigint): void {
    this.advance(at);
    this.#supposed = new Suppositions(supposition);
    for (const [instance, period] of this.#inForce) this.#follow(instance, period, at);
  }

  /** The balance of a bucket, by name without case; null for a bucket without requests. */
  balanceAt(at: bigint, instance: string, name: string): Nanodollars | null {
    this.advance(at);
    const buckets = this.#buckets.get(instance);
    const lower = name.toLowerCase();
    const bucket = buckets?.get(name) ?? [...(buckets?.values() ?? [])].find((one) => one.name.toLowerCase() === lower);
    bucket?.advance(at);
    return bucket?.balance ?? null;
  }

  /** The figures up to a time, in order of gateway and name. */
  figuresAt(at: bigint): ReplayedBucket[] {
    this.advance(at);
    const all = [...this.#buckets].flatMap(([instance, buckets]) => [...buckets.values()].map((bucket) => ({ instance, bucket })));
    const figures = all.map(({ instance, bucket }): ReplayedBucket => {
      bucket.advance(at);
      return { instance, ...bucket.figures() };
    });
    return figures.sort(byName);
  }

  /** The figures at the end; unfinished answers are charged then. */
  finish(at: bigint): { buckets: ReplayedBucket[]; supposed: SupposedOutcome | undefined } {
    this.advance(at);
    for (const { cost, buckets } of this.#pending.takeAll()) for (const bucket of buckets) bucket.charge(cost, at);
    return { buckets: this.figuresAt(at), supposed: this.#supposed?.outcome() };
  }

  #begin(instance: string, period: QuotaPeriod): void {
    this.#inForce.set(instance, period);
    this.#follow(instance, period, period.from);
  }

  /** A bucket whose rule was removed stays unchanged. */
  #follow(instance: string, { rules }: QuotaPeriod, at: bigint): void {
    const byRule = new Map(rules.map((rule) => [rule.name, rule]));
    for (const bucket of this.#buckets.get(instance)?.values() ?? []) bucket.follow(this.#supposedRule(bucket.name, byRule.get(bucket.rule.name) ?? bucket.rule), at);
  }

  #supposedRule(name: string, rule: QuotaRule): QuotaRule {
    return this.#supposed?.ruleOf(name, rule) ?? rule;
  }

  #bucketsOf(request: QuotaRequest): QuotaBucket[] {
    const { instance, at } = request;
    const matched = this.#inForce.get(instance)?.matchBuckets(request) ?? [];
    const buckets = this.#buckets.get(instance) ?? new Map<string, QuotaBucket>();
    this.#buckets.set(instance, buckets);
    return matched.map(({ name, rule }) => {
      const known = buckets.get(name) ?? new QuotaBucket(name, this.#supposedRule(name, rule), at);
      buckets.set(name, known);
      known.advance(at);
      return known;
    });
  }
}

function byName(a: ReplayedBucket, b: ReplayedBucket): number {
  const [one, other] = [`${a.instance}\n${a.name}`, `${b.instance}\n${b.name}`];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The buckets after these requests, given in any order. */
export function replayQuotas(requests: readonly IdentifiedRequest[], periods: QuotaPeriods, end: bigint): ReplayedBucket[] {
  const replay = new QuotaReplay(periods);
  for (const request of requests.toSorted(compareRequests)) replay.add(request);
  return replay.finish(end).buckets;
}
