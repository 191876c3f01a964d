import type { Nanodollars } from "../../ledger/money.ts";

/** The balance of a bucket by the gateway, and by the replay. */
export interface RecordedBalance {
  at: Date;
  recorded: Nanodollars;
  /** Null where the bucket had no request. */
  replayed: Nanodollars | null;
}

/** A balance that somebody changed by hand between two answers of the gateway. */
export interface BalanceStep {
  after: Date;
  before: Date;
  /** Above zero: funds were added, or a higher balance was set. */
  amount: Nanodollars;
}

export interface QuotaDrift {
  instance: string;
  bucket: string;
  samples: number;
  /** The changes in order of time. The replay follows them, so they are not drift. */
  steps: readonly BalanceStep[];
  last: RecordedBalance;
  /** The sample that differs most; the first among equals. */
  largest: RecordedBalance;
}

/** Collects the differences between a replay and the gateway's balances. */
export class DriftLog {
  readonly #drifts = new Map<string, QuotaDrift & { steps: BalanceStep[] }>();

  /** @param step found between the previous balance and this one. */
  add(instance: string, bucket: string, seen: RecordedBalance, step?: BalanceStep): void {
    const key = JSON.stringify([instance, bucket]);
    const before = this.#drifts.get(key);
    const steps = step === undefined ? [] : [step];
    if (before === undefined) {
      this.#drifts.set(key, { instance, bucket, samples: 1, last: seen, largest: seen, steps });
      return;
    }
    before.steps.push(...steps);
    before.samples++;
    before.last = seen;
    if (distance(seen) > distance(before.largest)) before.largest = seen;
  }

  get all(): readonly QuotaDrift[] {
    return [...this.#drifts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, drift]) => drift);
  }
}

/** Recorded minus replayed balance: negative where the gateway charged more. */
export function driftOf({ recorded, replayed }: RecordedBalance): Nanodollars | null {
  return replayed === null ? null : recorded - replayed;
}

function distance(seen: RecordedBalance): bigint {
  const drift = driftOf(seen) ?? 0n;
  return drift < 0n ? -drift : drift;
}
