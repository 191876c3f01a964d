import { BILLED, type Amount, type Billed, type PriceEntry, type PriceTier, type WrittenPrices } from "./price-entry.ts";

/**
 * Prices in units of 1e-18 dollar per million tokens, or per million searches: integers, so that a request's cost is
 * rounded once. What is not in it has no price.
 */
export type Rates = ReadonlyMap<Billed, bigint>;

export interface TierRates {
  /** The tier's border, in tokens; null for what applies below the first one. */
  above: number | null;
  rates: Rates;
}

const BILLION = 10n ** 9n;
const MILLION = 10n ** 6n;
/** Times the most tokens and searches that are priced, eight such and one of searches stay below HUGEINT's 1.7e38. */
const MOST_PER_MILLION_TOKENS = 10n ** 25n;
const MOST_PER_MILLION_SEARCHES = 10n ** 28n;

/** What takes the place of a price that is not given. An answer or a search is never priced as something else. */
const FALLBACK: Readonly<Partial<Record<Billed, Billed>>> = {
  cached: "input",
  cache_write_5m: "input",
  cache_write_1h: "input",
  image_input: "input",
  reasoning: "output",
  image_output: "output",
};

/** Billionths: exact, since amounts have nine decimal places at most. */
export function billionths(amount: Amount): bigint {
  const [whole = "", fraction = ""] = (typeof amount === "number" ? amount.toFixed(9) : amount).split(".");
  return BigInt(`${whole}${fraction.padEnd(9, "0")}`);
}

/** An exact price: billionths of a dollar, as a fraction, since a ratio of two prices need not be a decimal number. */
interface ExactPrice {
  dividend: bigint;
  divisor: bigint;
}

type ExactPrices = ReadonlyMap<Billed, ExactPrice>;

/**
 * An entry's rates below, between and above its tiers, in order. What a tier does not name it takes over from the prices
 * below it: a price that another one stands in for follows that one by the same ratio, the others stay.
 * Undefined where a price is out of range; no real price is.
 * @param factor of the gateway, on top of the entry's own.
 */
export function ratesByTier(entry: PriceEntry, factor: Amount): TierRates[] | undefined {
  const adjustment = billionths(entry.adjustment ?? 1) * billionths(factor);
  const tiers: TierRates[] = [];
  for (const { tier, prices } of pricesByTier(entry)) {
    const rates = toRates(prices, adjustment);
    if (rates === undefined) return undefined;
    tiers.push({ above: tier?.above ?? null, rates });
  }
  return tiers;
}

interface PricesOfTier {
  /** Null for what applies below the first one. */
  tier: PriceTier | null;
  prices: ExactPrices;
  /** Of the prices that the tier does not name, those that follow another one by a ratio. */
  following: ReadonlySet<Billed>;
}

function pricesByTier(entry: PriceEntry): PricesOfTier[] {
  const all: PricesOfTier[] = [{ tier: null, prices: new Map(BILLED.flatMap((name) => writtenPrice(entry, name))), following: new Set() }];
  for (const tier of (entry.tiers ?? []).toSorted((a, b) => a.above - b.above)) {
    const below = all.map(({ prices }) => prices).toReversed();
    const followed = new Map(BILLED.flatMap((name) => followingPrice(below, tier, name)));
    // A price that is missing below the tier stays missing: what stands in for it does so above as well.
    const prices = new Map([...(below[0] ?? []), ...followed, ...BILLED.flatMap((name) => writtenPrice(tier, name))]);
    all.push({ tier, prices, following: new Set(followed.keys()) });
  }
  return all;
}

function writtenPrice(written: WrittenPrices, name: Billed): [Billed, ExactPrice][] {
  const price = written[name];
  return price === undefined ? [] : [[name, { dividend: billionths(price), divisor: 1n }]];
}

/**
 * There is no ratio to a price of 0: then it is that of the nearest prices below which have one, so that a tier that is free does not
 * make those above it free. Where none have, the price stays.
 * @param below the prices below the tier, the nearest first.
 */
function followingPrice(below: readonly ExactPrices[], tier: PriceTier, name: Billed): [Billed, ExactPrice][] {
  const followed = FALLBACK[name];
  const to = followed === undefined ? undefined : tier[followed];
  if (followed === undefined || to === undefined || tier[name] !== undefined) return [];
  for (const prices of below) {
    const [price, from] = [prices.get(name), prices.get(followed)];
    if (price !== undefined && from !== undefined && from.dividend !== 0n) return [[name, byRatio(price, from, billionths(to))]];
  }
  return [];
}

function byRatio(price: ExactPrice, from: ExactPrice, to: bigint): ExactPrice {
  return { dividend: price.dividend * to * from.divisor, divisor: price.divisor * from.dividend };
}

function toRates(prices: ExactPrices, adjustment: bigint): Rates | undefined {
  const rates = new Map<Billed, bigint>();
  for (const name of BILLED) {
    const price = prices.get(name) ?? prices.get(FALLBACK[name] ?? name);
    if (price === undefined) continue;
    const isSearch = name === "web_search";
    const rate = adjust(price, adjustment * (isSearch ? MILLION : 1n));
    if (rate > (isSearch ? MOST_PER_MILLION_SEARCHES : MOST_PER_MILLION_TOKENS)) return undefined;
    rates.set(name, rate);
  }
  return rates;
}

/** Of 1e-27 dollars to 1e-18 dollars, half up. */
function adjust({ dividend, divisor }: ExactPrice, adjustment: bigint): bigint {
  const unit = BILLION * divisor;
  return (2n * dividend * adjustment + unit) / (2n * unit);
}

/** A price of a tier that the tier does not name, in billionths of a dollar. */
export interface UnnamedPrice {
  name: Billed;
  price: bigint;
  /** The price that it follows by the same ratio; null where it stays as it is below the tier. */
  follows: Billed | null;
}

/** By tier, in order of size: what becomes of the prices that the entry names and the tier does not. Before any adjustment. */
export function listUnnamed(entry: PriceEntry): { above: number; prices: UnnamedPrice[] }[] {
  return pricesByTier(entry).flatMap(({ tier, prices, following }) => {
    if (tier === null) return [];
    const unnamed = BILLED.flatMap((name): UnnamedPrice[] => {
      const price = prices.get(name);
      if (tier[name] !== undefined || price === undefined) return [];
      return [{ name, price: adjust(price, BILLION), follows: following.has(name) ? (FALLBACK[name] ?? null) : null }];
    });
    return [{ above: tier.above, prices: unnamed }];
  });
}
