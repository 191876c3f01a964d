import type { PricingOf } from "../../lake/days/day-pricing.ts";
import type { MonthInput } from "../../lake/months/month-inputs.ts";
import { thawPrices } from "../../prices/list/price-changes.ts";
import { dayPricing, type PriceSources } from "../../prices/list/price-days.ts";
import { compileProviderCounts } from "../../prices/list/provider-counts.ts";
import type { KnownPrices } from "./known-states.ts";

/** Digest of the prices of a day; different digests mean different prices. */
export type DigestOf = (date: string, instance: string) => { digest: string };

/** The digests recorded in a close's inputs; today's for days that the inputs do not have. */
export function pricingWrittenDown(inputs: readonly MonthInput[], today: PricingOf): DigestOf {
  const digests = new Map(inputs.map(({ date, instance, pricing }) => [`${date} ${instance}`, pricing]));
  return (date, instance) => ({ digest: digests.get(`${date} ${instance}`) ?? today(date, instance).digest });
}

/**
 * The price list and counts of a close under today's rules, which separates the effect of newer rules from that of newer prices. A close that
 * did not record counts gets today's.
 */
export function pricingOfClose({ list, counts }: KnownPrices, timezone: string, today: PriceSources): PricingOf {
  const countsThen = counts === undefined ? today.counts : compileProviderCounts(counts, timezone);
  return dayPricing({ list: thawPrices(list, timezone), gateways: today.gateways, counts: countsThen });
}
