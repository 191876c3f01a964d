import type { QuotaSample } from "../../lake/records/quota-samples.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { findStep } from "../quotas/find-step.ts";
import type { ChargesSince } from "../quotas/quota-bucket.ts";
import type { BalanceStep, RecordedBalance } from "../quotas/quota-drift.ts";
import type { QuotaReplay } from "../quotas/replay-buckets.ts";

/** One bucket in an answer of a gateway. */
export interface FollowedBalance {
  bucket: string;
  seen: RecordedBalance;
  step?: BalanceStep;
}

/** Compares answers of the gateways, in order of time, with a replay, and makes the replay follow what somebody changed by hand. */
export class SampleFollower {
  readonly #replay: QuotaReplay;
  readonly #completeUntil: ReadonlyMap<string, Date>;
  readonly #previous = new Map<string, { at: Date } & ChargesSince>();

  /** @param completeUntil the time up to which the ledger has the requests of each gateway. */
  constructor(replay: QuotaReplay, completeUntil: ReadonlyMap<string, Date>) {
    this.#replay = replay;
    this.#completeUntil = completeUntil;
  }

  follow({ instance, at, balances }: QuotaSample): FollowedBalance[] {
    return [...balances].map(([bucket, recorded]) => this.#followOne(instance, at, bucket, recorded));
  }

  #followOne(instance: string, at: Date, bucket: string, recorded: Nanodollars): FollowedBalance {
    const micros = BigInt(at.getTime()) * 1000n;
    const key = JSON.stringify([instance, bucket]);
    const previous = this.#previous.get(key);
    const noted = this.#replay.noteSaid(micros, instance, bucket, recorded);
    const since = noted?.sincePrevious ?? null;
    this.#previous.set(key, { at, charged: since?.charged ?? 0n, elsewhere: since?.elsewhere ?? 0n });
    if (noted === null || since === null || previous === undefined) return { bucket, seen: { at, recorded, replayed: noted?.replayed ?? null } };
    const isComplete = at <= (this.#completeUntil.get(instance) ?? at);
    const amount = findStep({ recorded, ...since, chargedBefore: previous.charged, elsewhere: since.elsewhere + previous.elsewhere, isComplete });
    if (amount === null) return { bucket, seen: { at, recorded, replayed: noted.replayed } };
    this.#replay.adjust(micros, instance, bucket, { amount, upTo: recorded });
    return { bucket, seen: { at, recorded, replayed: this.#replay.balanceAt(micros, instance, bucket) }, step: { after: previous.at, before: at, amount } };
  }
}
