import type { Nanodollars } from "../../ledger/money.ts";
import { type BucketChain, combinedBalance, isBlocked, opensAt } from "./overdraft-chain.ts";
import type { QuotaOutcome } from "./quota-request.ts";

/** The figures of a chain of two or more buckets. */
export interface ChainFigures {
  instance: string;
  /** Names in the order in which they pay. */
  buckets: string[];
  requests: number;
  /** Requests that the gateway let through although the chain is blocked in the replay. */
  wouldReject: number;
  /** The sum of the buckets' balances at the end. */
  last: Nanodollars;
  /** The time at which refills alone open the blocked chain, in microseconds since 1970; null: never. Undefined: the chain is open. */
  blockedUntil: bigint | null | undefined;
}

interface CountedChain {
  instance: string;
  chain: BucketChain;
  requests: number;
  wouldReject: number;
}

/** Counts the requests of each chain of overdrafts. */
export class ReplayedChains {
  readonly #counted = new Map<string, CountedChain>();

  count(instance: string, chains: readonly BucketChain[], outcome: QuotaOutcome): void {
    for (const chain of chains) {
      if (chain.length === 1) continue;
      const key = JSON.stringify([instance, ...chain.map(({ name }) => name)]);
      const counted = this.#counted.get(key) ?? { instance, chain, requests: 0, wouldReject: 0 };
      this.#counted.set(key, counted);
      counted.requests++;
      if (outcome === "let through" && isBlocked(chain)) counted.wouldReject++;
    }
  }

  beginCounting(): void {
    for (const counted of this.#counted.values()) Object.assign(counted, { requests: 0, wouldReject: 0 });
  }

  /** In order of gateway and names. @param at the time to which the buckets are advanced. */
  figuresAt(at: bigint): ChainFigures[] {
    return [...this.#counted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { instance, chain, requests, wouldReject }]) => {
      const blockedUntil = isBlocked(chain) ? opensAt(chain, at) : undefined;
      return { instance, buckets: chain.map(({ name }) => name), requests, wouldReject, last: combinedBalance(chain), blockedUntil };
    });
  }
}
