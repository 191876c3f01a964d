import type { Nanodollars } from "../../ledger/money.ts";

/** What the gateway said was left in a bucket, and what the replay says. */
export interface RecordedBalance {
  at: Date;
  recorded: Nanodollars;
  /** Null where no request came for the bucket. */
  replayed: Nanodollars | null;
}

export interface QuotaDrift {
  instance: string;
  bucket: string;
  samples: number;
  last: RecordedBalance;
  /** The one that differs most; of equals the first. */
  largest: RecordedBalance;
}

/** Collects how far a replay is from what the gateway said. */
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

/** Recorded less replayed: negative where the gateway has charged more. */
export function driftOf({ recorded, replayed }: RecordedBalance): Nanodollars | null {
  return replayed === null ? null : recorded - replayed;
}

function distance(seen: RecordedBalance): bigint {
  const drift = driftOf(seen) ?? 0n;
  return drift < 0n ? -drift : drift;
}
