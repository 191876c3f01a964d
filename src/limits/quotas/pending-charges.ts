import type { Nanodollars } from "../../ledger/money.ts";
import type { BucketChain } from "./overdraft-chain.ts";

/** A request whose answer is not complete. */
export interface PendingCharge {
  /** Microseconds since 1970. */
  at: bigint;
  cost: Nanodollars;
  /** Each chain is charged the whole cost. */
  chains: readonly BucketChain[];
}

/** Charges of unfinished answers, in order of time. There are only as many as requests overlap. */
export class PendingCharges {
  readonly #charges: PendingCharge[] = [];

  add(charge: PendingCharge): void {
    let index = this.#charges.length;
    while (index > 0 && (this.#charges[index - 1]?.at ?? 0n) > charge.at) index--;
    this.#charges.splice(index, 0, charge);
  }

  /** Removes and returns the first charge that is due at a time. */
  takeDue(time: bigint): PendingCharge | undefined {
    const [first] = this.#charges;
    return first !== undefined && first.at <= time ? this.#charges.shift() : undefined;
  }

  /** When the first charge is due. */
  get next(): bigint | undefined {
    return this.#charges[0]?.at;
  }

  takeAll(): PendingCharge[] {
    return this.#charges.splice(0);
  }
}
