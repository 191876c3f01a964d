import type { Nanodollars } from "../../ledger/money.ts";
import type { QuotaBucket } from "./quota-bucket.ts";

/** A request that came and whose answer is not complete. */
export interface PendingCharge {
  /** Microseconds since 1970. */
  at: bigint;
  cost: Nanodollars;
  buckets: readonly QuotaBucket[];
}

/** Charges of the answers under way, in order of time. As many as requests overlap: few. */
export class PendingCharges {
  readonly #charges: PendingCharge[] = [];

  add(charge: PendingCharge): void {
    let index = this.#charges.length;
    while (index > 0 && (this.#charges[index - 1]?.at ?? 0n) > charge.at) index--;
    this.#charges.splice(index, 0, charge);
  }

  /** The first that is due at a time, taken out. */
  takeDue(time: bigint): PendingCharge | undefined {
    const [first] = this.#charges;
    return first !== undefined && first.at <= time ? this.#charges.shift() : undefined;
  }

  /** When the first is due. */
  get next(): bigint | undefined {
    return this.#charges[0]?.at;
  }

  takeAll(): PendingCharge[] {
    return this.#charges.splice(0);
  }
}
