import { createHash } from "node:crypto";
import { z } from "zod";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";

/** Number of hexadecimal digits of a digest: enough to distinguish the callers of a company. */
const DIGEST_DIGITS = 12;
/** Limit of distinguished callers in one export. */
const MOST_CALLERS = 100;

export const quarantinedMoney = z.object({
  /** Records whose dollars could be read, and their sum: dollars with nine decimals. */
  records: z.number(),
  cost_usd: z.string().regex(/^\d+\.\d{9}$/),
  /** Digests of the callers that could be read, in order: a caller of several exports is counted once, and only the quarantine files name callers. */
  callers: z.array(z.string()),
  /** Whether there were more callers than listed. */
  more_callers: z.boolean(),
});
/** The readable amounts and callers of quarantined records, of one export or of several. */
export type QuarantinedMoney = z.infer<typeof quarantinedMoney>;

/** Whether a caller may be among the quarantined ones. */
export function mayHaveCaller({ callers, more_callers }: QuarantinedMoney, caller: string): boolean {
  return more_callers || callers.includes(digestOf(caller));
}

function digestOf(caller: string): string {
  return createHash("sha256").update(caller).digest("hex").slice(0, DIGEST_DIGITS);
}

export const NOTHING_READABLE: QuarantinedMoney = { records: 0, cost_usd: formatDollars(0n), callers: [], more_callers: false };

/** Sums the readable amounts of quarantined records. */
export class QuarantineSums {
  #records = 0;
  #cost = 0n;
  readonly #callers = new Set<string>();
  #isMore = false;
  readonly #most: number;

  constructor(most = MOST_CALLERS) {
    this.#most = most;
  }

  add(cost: Nanodollars | null, caller: string | null): void {
    if (cost !== null) this.#addCost(1, cost);
    if (caller !== null) this.#addCaller(digestOf(caller));
  }

  addSums({ records, cost_usd, callers, more_callers }: QuarantinedMoney): void {
    // Always nine decimals.
    this.#addCost(records, BigInt(cost_usd.replace(".", "")));
    for (const caller of callers) this.#addCaller(caller);
    this.#isMore ||= more_callers;
  }

  #addCost(records: number, cost: Nanodollars): void {
    this.#records += records;
    this.#cost += cost;
  }

  #addCaller(digest: string): void {
    if (this.#callers.size < this.#most) this.#callers.add(digest);
    else this.#isMore ||= !this.#callers.has(digest);
  }

  finish(): QuarantinedMoney {
    return { records: this.#records, cost_usd: formatDollars(this.#cost), callers: [...this.#callers].sort(), more_callers: this.#isMore };
  }
}

/** Removes the callers from quarantined money, for purged exports. */
export function withoutCallers(money: QuarantinedMoney): QuarantinedMoney {
  return { ...money, callers: [], more_callers: money.more_callers || money.callers.length > 0 };
}
