import { createHash } from "node:crypto";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { layout } from "../lake/layout.ts";
import { monthAt } from "../ledger/months.ts";
import type { Ledger } from "../open/ledger.ts";
import { readSpending, type Spending } from "./read-spending.ts";

/** Reads the spend of a ledger. @param days manifests of all built days. */
export type SpendingReader = (ledger: Pick<Ledger, "stores" | "rules">, days: readonly DayManifest[], now: Date) => Promise<Spending>;

/**
 * A reader that computes the spend again only where something has changed that it depends on: built days, the month's allocations, the policies,
 * or the UTC date. The settings of a worker do not change.
 */
export function keepSpending(read: SpendingReader = readSpending): SpendingReader {
  let kept: { inputs: string; spending: Promise<Spending> } | undefined;
  return async (ledger, days, now) => {
    const inputs = await digestInputs(ledger, days, now);
    if (kept?.inputs === inputs) return await kept.spending;
    const spending = read(ledger, days, now);
    const mine = { inputs, spending };
    kept = mine;
    try {
      return await spending;
    } catch (error) {
      if (kept === mine) kept = undefined;
      throw error;
    }
  };
}

async function digestInputs({ stores: { lake }, rules: { allocation: { timezone, policies, trueUps } } }: Pick<Ledger, "stores" | "rules">, days: readonly DayManifest[], now: Date): Promise<string> {
  const allocations = await lake.head(layout.allocationManifest(monthAt(now, timezone)));
  const hash = createHash("sha256");
  hash.update(JSON.stringify([now.toISOString().slice(0, 10), allocations?.etag ?? null, policies.map(({ date }) => date), trueUps?.length ?? 0]));
  // The exports say until when usage is known.
  for (const { date, instance, rollups, inputs } of days) hash.update(JSON.stringify([date, instance, rollups.sha256, inputs.map(({ export: { time } }) => time)]));
  return hash.digest("hex");
}
