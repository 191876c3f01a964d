import type { PricingOf } from "../../lake/days/day-pricing.ts";
import type { MonthInput } from "../../lake/months/month-inputs.ts";
import { thawPrices } from "../../prices/list/price-changes.ts";
import { dayPricing, type PriceSources } from "../../prices/list/price-days.ts";
import { compileProviderCounts } from "../../prices/list/provider-counts.ts";
import type { KnownPrices } from "./known-states.ts";

/** By what a day was priced; two digests that differ are two prices. */
export type DigestOf = (date: string, instance: string) => { digest: string };

/** What the inputs say that priced them; today's prices for days that they do not have. */
export function pricingWrittenDown(inputs: readonly MonthInput[], today: PricingOf): DigestOf {
  const digests = new Map(inputs.map(({ date, instance, pricing }) => [`${date} ${instance}`, pricing]));
  return (date, instance) => ({ digest: digests.get(`${date} ${instance}`) ?? today(date, instance).digest });
}

/** The price list and the counts of a close, by the rules of today: so what newer rules change is told from what newer prices do. Counts that the close does not know are today's. */
export function pricingOfClose({ list, counts }: KnownPrices, timezone: string, today: PriceSources): PricingOf {
  const countsThen = counts === undefined ? today.counts : compileProviderCounts(counts, timezone);
  return dayPricing({ list: thawPrices(list, timezone), gateways: today.gateways, counts: countsThen });
}
