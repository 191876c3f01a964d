import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import type { QuotaRate, QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import { type BucketChain, isBlocked } from "./overdraft-chain.ts";
import type { QuotaOutcome, QuotaRequest } from "./quota-request.ts";

/** A different rate or capacity for a gateway's bucket; a missing member stays unchanged. */
export interface Supposition {
  /** Name as in the configuration, or of one bucket of a template. */
  bucket: string;
  rate?: QuotaRate | undefined;
  capacity?: Nanodollars | undefined;
}

/** The effect that a different bucket would have had. */
export interface SupposedOutcome {
  /** Answered requests that would have found the bucket empty. */
  stopped: { requests: number; cost: Nanodollars; unpriced: number };
  /** Requests answered with 429 whose buckets, or chains of overdrafts, would all have had a balance. */
  allowed: {
    requests: number;
    /** The estimated cost of these requests, which was not recorded: the mean of each caller's priced requests. */
    estimate: Nanodollars;
    /** Requests of callers without any priced request. */
    withoutEstimate: number;
  };
}

/** Blocks requests while a supposed bucket is empty, and counts the effect. */
export class Suppositions {
  readonly #supposition: Supposition;
  readonly #stopped = { requests: 0, cost: 0n, unpriced: 0 };
  readonly #allowed = new Map<string, number>();
  readonly #priced = new Map<string, { requests: bigint; cost: Nanodollars }>();

  constructor(supposition: Supposition) {
    this.#supposition = supposition;
  }

  ruleOf(name: string, rule: QuotaRule): QuotaRule {
    const { bucket, rate, capacity } = this.#supposition;
    if (bucket !== name && bucket !== rule.name) return rule;
    return { ...rule, ...(rate === undefined ? {} : { rate }), ...(capacity === undefined ? {} : { capacity }) };
  }

  /** Whether a request is blocked. */
  stops({ caller, cost }: QuotaRequest, chains: readonly BucketChain[], outcome: Exclude<QuotaOutcome, "refused">): boolean {
    const { bucket } = this.#supposition;
    const supposed = chains.filter((chain) => chain.some(({ name, rule }) => bucket === name || bucket === rule.name));
    if (supposed.length === 0) return false;
    if (outcome === "rejected") {
      if (!chains.some(isBlocked)) this.#allowed.set(caller, (this.#allowed.get(caller) ?? 0) + 1);
      return false;
    }
    if (cost !== null) {
      const before = this.#priced.get(caller) ?? { requests: 0n, cost: 0n };
      this.#priced.set(caller, { requests: before.requests + 1n, cost: before.cost + cost });
    }
    if (!supposed.some(isBlocked)) return false;
    this.#stopped.requests++;
    if (cost === null) this.#stopped.unpriced++;
    else this.#stopped.cost += cost;
    return true;
  }

  outcome(): SupposedOutcome {
    const allowed = { requests: 0, estimate: 0n, withoutEstimate: 0 };
    for (const [caller, requests] of this.#allowed) {
      allowed.requests += requests;
      const priced = this.#priced.get(caller);
      if (priced === undefined) allowed.withoutEstimate += requests;
      else allowed.estimate += divideRounding(priced.cost * BigInt(requests), priced.requests);
    }
    return { stopped: { ...this.#stopped }, allowed };
  }
}
