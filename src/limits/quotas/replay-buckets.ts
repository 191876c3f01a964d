import type { Nanodollars } from "../../ledger/money.ts";
import type { QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import type { MatchBuckets } from "./match-quotas.ts";
import { PendingCharges } from "./pending-charges.ts";
import { type BucketChain, chargeChain, isBlocked } from "./overdraft-chain.ts";
import { type BucketFigures, type ExpectedBalance, QuotaBucket } from "./quota-bucket.ts";
import { compareRequests, type IdentifiedRequest, outcomeOf, type QuotaRequest } from "./quota-request.ts";
import { ReplayedChains, type ChainFigures } from "./replayed-chains.ts";
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
  readonly #chains = new ReplayedChains();
  #supposed: Suppositions | undefined;

  constructor(periods: QuotaPeriods) {
    for (const [instance, [first]] of periods) if (first !== undefined) this.#inForce.set(instance, first);
    this.#changes = [...periods].flatMap(([instance, list]) => list.slice(1).map((period) => ({ from: period.from, instance, period })));
    this.#changes.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  }

  add(request: QuotaRequest): void {
    this.advance(request.at);
    const chains = this.#chainsOf(request);
    if (chains.length === 0) return;
    const outcome = outcomeOf(request);
    const blocked = new Set(chains.filter(isBlocked).flat());
    for (const bucket of new Set(chains.flat())) bucket.countRequest(outcome, blocked.has(bucket));
    this.#chains.count(request.instance, chains, outcome);
    if (outcome === "refused" || this.#supposed?.stops(request, chains, outcome) === true || request.cost === null) return;
    this.#pending.add({ at: request.answeredAt, cost: request.cost, chains });
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
      for (const chain of due.chains) chargeChain(chain, due.cost, due.at);
    }
  }

  /** Starts counting figures from now on; balances stay. */
  beginCounting(at: bigint): void {
    this.advance(at);
    for (const buckets of this.#buckets.values()) for (const bucket of buckets.values()) bucket.beginCounting(at);
    this.#chains.beginCounting();
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
    const bucket = this.#find(instance, name);
    bucket?.advance(at);
    return bucket?.balance ?? null;
  }

  /** Notes the balance that the gateway gives for a bucket, by name without case; null for a bucket without requests. */
  noteSaid(at: bigint, instance: string, name: string, balance: Nanodollars): ExpectedBalance | null {
    this.advance(at);
    return this.#find(instance, name)?.noteSaid(balance, at) ?? null;
  }

  /** Changes a bucket's balance as somebody changed it by hand. @param upTo the balance in the gateway's answer, which may be above the capacity. */
  adjust(at: bigint, instance: string, name: string, { amount, upTo }: { amount: Nanodollars; upTo: Nanodollars }): void {
    this.advance(at);
    this.#find(instance, name)?.adjust(amount, upTo, at);
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
  finish(at: bigint): { buckets: ReplayedBucket[]; chains: ChainFigures[]; supposed: SupposedOutcome | undefined } {
    this.advance(at);
    for (const { cost, chains } of this.#pending.takeAll()) for (const chain of chains) chargeChain(chain, cost, at);
    return { buckets: this.figuresAt(at), chains: this.#chains.figuresAt(at), supposed: this.#supposed?.outcome() };
  }

  #find(instance: string, name: string): QuotaBucket | undefined {
    const buckets = this.#buckets.get(instance);
    const lower = name.toLowerCase();
    return buckets?.get(name) ?? [...(buckets?.values() ?? [])].find((one) => one.name.toLowerCase() === lower);
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

  #chainsOf(request: QuotaRequest): BucketChain[] {
    const { instance, at } = request;
    const matched = this.#inForce.get(instance)?.matchBuckets(request) ?? [];
    const buckets = this.#buckets.get(instance) ?? new Map<string, QuotaBucket>();
    this.#buckets.set(instance, buckets);
    return matched.map((chain) =>
      chain.map(({ name, rule }) => {
        const known = buckets.get(name) ?? new QuotaBucket(name, this.#supposedRule(name, rule), at);
        buckets.set(name, known);
        known.advance(at);
        return known;
      }),
    );
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
