import { type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import type { PricedPart } from "./charge.ts";
import { type Meter, METERS } from "./meters.ts";

/** Requests of one key, agent and price on one day. */
export interface PricedRequests {
  agent: string | null;
  costSource: "aperture" | "price_list";
  /** Null where the price is not known. */
  version: string | null;
  requests: bigint;
  cost: Nanodollars;
  /** 1e-18 dollars per million. */
  counts: readonly { of: Meter; count: bigint; rate: bigint }[];
}

const ONE_DOLLAR = 10n ** 18n;
const SOURCES = {
  aperture: { priced: "aperture, split by list price", estimated: "aperture, no list price" },
  price_list: { priced: "price_list", estimated: "price_list, price no longer known" },
} as const;

/** Splits a cost by meter in proportion to list prices. Without list prices it is one part, priced at its cost. */
export function partsOf({ agent, costSource, version, requests, cost, counts }: PricedRequests): PricedPart[] {
  const { priced, estimated } = SOURCES[costSource];
  if (version === null || counts.length === 0) {
    return [{ agent, costSource: estimated, meter: "estimate", priceVersion: null, unitPrice: ONE_DOLLAR, quantity: requests, cost }];
  }
  const costs = splitByLargestRemainder(cost, counts.map(({ of, count, rate }) => ({ name: METERS[of].name, weight: count * rate })));
  return counts.map(({ of, count, rate }, index) => ({
    agent,
    costSource: priced,
    meter: of,
    priceVersion: version,
    unitPrice: rate,
    quantity: count,
    cost: costs[index] ?? 0n,
  }));
}
