import { BILLIONTHS } from "../../ledger/money.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import { mapReported } from "../../ledger/usage/reported-tokens.ts";
import { type AllocatedPart, type AllocatedSummary, groupAllocated } from "./allocation-figures.ts";
import type { UsageRow } from "./sum-month.ts";

/** `even`: a device of several tags is split evenly over them. `full`: it counts in full under each, and the sums overlap. */
export type TagCounting = "even" | "full";

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
    tokens: mapReported((kind) => tokens[kind] * BILLIONTHS),
    cost,
  };
}
