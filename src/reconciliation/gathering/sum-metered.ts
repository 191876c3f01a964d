import { join } from "node:path";
import { DAY_MS } from "../../ledger/durations.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readUsage } from "../../ledger/usage/older-files.ts";
import type { UsageSource } from "../../chargeback/closing/usage-as-closed.ts";
import { pricesOf, type PriceSources } from "../../prices/list/price-days.ts";
import type { Billed } from "../../prices/list/price-entry.ts";
import { type SlotSums, sumSlots } from "../../prices/sums/slot-sums.ts";
import { billedBy } from "../comparison/billed-by.ts";
import { type Counts, type SlotUsage, splitCost } from "../comparison/slot-usage.ts";
import { withWorkspace } from "../../storage/workspace.ts";

export interface MeteredRules {
  prices: PriceSources;
  /** Provider on the bill, by provider of the `usage` table. */
  providers: ReadonlyMap<string, string>;
}

/** The billable usage of these days; only one day's table is on the disk at a time. */
export async function sumMetered(days: readonly UsageSource[], { prices, providers }: MeteredRules): Promise<SlotUsage[]> {
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const sums: SlotUsage[] = [];
      for (const { date, instance, fetch } of days) {
        await withWorkspace(async (folder) => {
          const file = join(folder, "usage.parquet");
          await fetch(file);
          const start = Date.parse(date);
          const found = await sumSlots(duck, { rows: readUsage(file), scope: file, from: start, to: start + DAY_MS }, pricesOf(prices, instance));
          for (const one of found) sums.push(describeSlot(one, providers));
        });
      }
      return sums;
    }),
  );
}

function describeSlot({ apiType, costBasis, provider, counts, rates, ...rest }: SlotSums, providers: MeteredRules["providers"]): SlotUsage {
  const weights = rates === null ? null : foldImages(mapCounts(counts, (name, count) => count * (rates.get(name) ?? 0n)));
  return {
    ...rest,
    provider: billedBy({ provider, apiType, costBasis }, providers),
    recordedProvider: provider,
    counts: foldImages(counts),
    split: splitCost(rest.cost, weights),
  };
}

function mapCounts(counts: SlotSums["counts"], to: (name: Billed, count: bigint) => bigint): SlotSums["counts"] {
  const { input, cached, cache_write_5m, cache_write_1h, image_input, output, reasoning, image_output, web_search } = counts;
  return {
    input: to("input", input),
    cached: to("cached", cached),
    cache_write_5m: to("cache_write_5m", cache_write_5m),
    cache_write_1h: to("cache_write_1h", cache_write_1h),
    image_input: to("image_input", image_input),
    output: to("output", output),
    reasoning: to("reasoning", reasoning),
    image_output: to("image_output", image_output),
    web_search: to("web_search", web_search),
  };
}

/** Providers count images as tokens of their side, and reasoning as output. */
function foldImages({ input, image_input, output, reasoning, image_output, ...rest }: SlotSums["counts"]): Counts {
  return { ...rest, input: input + image_input, output: output + reasoning + image_output };
}
