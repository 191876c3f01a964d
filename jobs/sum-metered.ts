import { join } from "node:path";
import { readParquet, withDuckDb } from "../src/duckdb.ts";
import type { DayManifest } from "../src/lake/day-manifest.ts";
import { BILLED_COUNTS } from "../src/prices/billed-counts.ts";
import { findTokenRule } from "../src/prices/token-rules.ts";
import { type CountingRules, type SlotUsage, sumUsage } from "../src/reconciliation/sum-usage.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { withWorkspace } from "../src/storage/workspace.ts";

const { input, cached, cache_write_5m, cache_write_1h, image_input, output, reasoning, image_output, web_search } = BILLED_COUNTS;

/** Providers count images among the tokens of the side they are on, and reasoning as output. */
const COUNTING: CountingRules = {
  counts: {
    input: `${input} + ${image_input}`,
    cached,
    cache_write_5m,
    cache_write_1h,
    output: `${output} + ${reasoning} + ${image_output}`,
    web_search,
  },
  flagsOf: (apiType) => {
    const { cachedInInput, cacheWritesInInput, imagesInInput, reasoningInOutput, imagesInOutput } = findTokenRule(apiType);
    return {
      cached_in_input: cachedInInput,
      cache_writes_in_input: cacheWritesInInput,
      images_in_input: imagesInInput,
      reasoning_in_output: reasoningInOutput,
      images_in_output: imagesInOutput,
    };
  },
};

/** What providers could bill of these days; one day's table at a time is on the disk. */
export async function sumMetered(lake: ObjectStore, days: readonly DayManifest[]): Promise<SlotUsage[]> {
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const sums: SlotUsage[] = [];
      for (const { usage } of days) {
        await withWorkspace(async (folder) => {
          const file = join(folder, "usage.parquet");
          await lake.download(usage.key, file, usage.etag);
          sums.push(...(await sumUsage(duck, readParquet(file), COUNTING)));
        });
      }
      return sums;
    }),
  );
}
