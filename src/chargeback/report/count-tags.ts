import { type AllocatedPart, type AllocatedSummary, BILLIONTHS, groupAllocated } from "./allocation-figures.ts";
import type { UsageRow } from "./sum-month.ts";
import type { Tokens } from "./usage-figures.ts";

/** `even`: a device of several tags is split evenly over them. `full`: it counts in full under each, and the sums overlap. */
export type TagCounting = "even" | "full";

/** Stands for the tags of callers without any; `tags` distinguishes it from a tag of that name. */
export const UNTAGGED = "(untagged)";

/** Usage by tag, with a device counted in full under each of its tags. Excludes adjustments, which only allocations have. */
export function countTagsInFull(rows: readonly UsageRow[]): AllocatedSummary<{ tag: string }> {
  const counted = rows.flatMap((row) => {
    const part = toPart(row);
    return (row.tags.length === 0 ? [UNTAGGED] : row.tags).map((tag) => ({ ...part, tag }));
  });
  return groupAllocated(counted, ({ tag }) => ({ tag }));
}

function toPart({ billing, requests, unpricedRequests, tokens, cost }: UsageRow): AllocatedPart {
  return {
    billing,
    method: "full",
    requests: requests * BILLIONTHS,
    unpricedRequests: unpricedRequests * BILLIONTHS,
    tokens: countTokens(tokens),
    cost,
  };
}

function countTokens({ input, output, cached, cacheWrite }: Tokens): Tokens {
  return { input: input * BILLIONTHS, output: output * BILLIONTHS, cached: cached * BILLIONTHS, cacheWrite: cacheWrite * BILLIONTHS };
}
