import type { Nanodollars } from "../../ledger/money.ts";

/** The balance of a bucket by the gateway, and by the replay. */
export interface RecordedBalance {
  at: Date;
  recorded: Nanodollars;
  /** Null where the bucket had no request. */
  replayed: Nanodollars | null;
}

export interface QuotaDrift {
  instance: string;
  bucket: string;
  samples: number;
  last: RecordedBalance;
  /** The sample that differs most; the first among equals. */
  largest: RecordedBalance;
}

/** Collects the differences between a replay and the gateway's balances. */
export class DriftLog {
  readonly #drifts = new Map<string, QuotaDrift>();

  add(instance: string, bucket: string, seen: RecordedBalance): void {
    const key = JSON.stringify([instance, bucket]);
    const before = this.#drifts.get(key);
    if (before === undefined) {
      this.#drifts.set(key, { instance, bucket, samples: 1, last: seen, largest: seen });
      return;
    }
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
