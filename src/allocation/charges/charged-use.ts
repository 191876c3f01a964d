import { formatBillionths, formatDollars, type Nanodollars, type Share } from "../../ledger/money.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** What a team pays for the usage of one key in a period. */
export interface ChargedUse {
  /** Number of its key. */
  key: number;
  /** Beginning of the period in milliseconds since 1970. */
  from: number;
  usage: UsageKey;
  team: string;
  costCenter: string | null;
  tag: string;
  /** List cost of the usage, before adjustments. */
  listed: Nanodollars;
  /** The amount owed for the usage, with adjustments. */
  owed: Nanodollars;
  /** In billionths. */
  requests: bigint;
}

/** What a charge is split in proportion to: the cost of the usage, or the number of requests where none of the usage has a price. */
export interface Weighing {
  weigh: (use: ChargedUse) => bigint;
  /** A part in relation to the whole, in words. */
  describe: (weight: bigint, all: bigint) => string;
}

export function weighing(uses: readonly ChargedUse[]): Weighing {
  if (uses.some(({ listed }) => listed > 0n)) return { weigh: ({ listed }) => (listed > 0n ? listed : 0n), describe: (weight, all) => `$${formatDollars(weight)} of $${formatDollars(all)}` };
  return { weigh: ({ requests }) => requests, describe: (weight, all) => `${formatBillionths(weight)} of ${formatBillionths(all)} requests` };
}

/** What one payer pays for one caller. */
export interface Payer extends Share {
  use: ChargedUse;
}

/** Sums uses by payer and caller. The result is ordered by name, whatever the order of the uses. */
export function listPayers(uses: readonly ChargedUse[], { weigh }: Weighing): Payer[] {
  const payers = new Map<string, Payer>();
  for (const use of uses) {
    const { usage: { caller, callerType, tags }, team, costCenter, tag } = use;
    const name = JSON.stringify([caller, team, costCenter, tag, callerType, tags]);
    const known = payers.get(name);
    payers.set(name, { use: known?.use ?? use, name, weight: (known?.weight ?? 0n) + weigh(use) });
  }
  return [...payers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
