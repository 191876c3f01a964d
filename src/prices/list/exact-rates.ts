import { BILLED, type Amount, type Billed, type PriceEntry, type PriceTier, type WrittenPrices } from "./price-entry.ts";

/**
 * Prices in units of 1e-18 dollar per million tokens, or per million searches: integers, so that a request's cost is
 * rounded only once. A missing member has no price.
 */
export type Rates = ReadonlyMap<Billed, bigint>;

export interface TierRates {
  /** The tier's threshold in tokens; null for the rates below the first tier. */
  above: number | null;
  rates: Rates;
}

const BILLION = 10n ** 9n;
const MILLION = 10n ** 6n;
/** Multiplied by the largest accepted counts, the sum of eight such rates and one for searches stays below HUGEINT's 1.7e38. */
const MOST_PER_MILLION_TOKENS = 10n ** 25n;
const MOST_PER_MILLION_SEARCHES = 10n ** 28n;

/** The price that replaces a missing one. Output and searches never fall back to another price. */
const FALLBACK: Readonly<Partial<Record<Billed, Billed>>> = {
  cached: "input",
  cache_write_5m: "input",
  cache_write_1h: "input",
  image_input: "input",
  reasoning: "output",
  image_output: "output",
};

/** Billionths: exact, since amounts have at most nine decimal places. */
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
 * An entry's rates below, between and above its tiers, in order. A tier inherits the prices that it does not name: a price with a
 * fallback keeps its ratio to that fallback, the others stay the same.
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
  /** Null for the rates below the first tier. */
  tier: PriceTier | null;
  prices: ExactPrices;
  /** The inherited prices that keep a ratio to their fallback. */
  following: ReadonlySet<Billed>;
}

function pricesByTier(entry: PriceEntry): PricesOfTier[] {
  const all: PricesOfTier[] = [{ tier: null, prices: new Map(BILLED.flatMap((name) => writtenPrice(entry, name))), following: new Set() }];
  for (const tier of (entry.tiers ?? []).toSorted((a, b) => a.above - b.above)) {
    const below = all.map(({ prices }) => prices).toReversed();
    const followed = new Map(BILLED.flatMap((name) => followingPrice(below, tier, name)));
    // A price that is missing below the tier stays missing: its fallback replaces it above the tier too.
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
 * A price of 0 has no ratio: then the ratio of the nearest lower tier that has one applies, so that a free tier does not make the tiers
 * above it free. Where no tier has one, the price stays the same.
 * @param below the prices below the tier, the nearest first.
 */
function followingPrice(below: readonly ExactPrices[], tier: PriceTier, name: Billed): [Billed, ExactPrice][] {
  const followed = FALLBACK[name];
  const to = followed === undefined ? undefined : tier[followed];
  if (followed === undefined || to === undefined || tier[name] !== undefined) return [];
  for (const prices of below) {
    const [price, from] = [prices.get(name), prices.get(followed)];
    if (price !== undefined && from !== undefined && from.dividend !== 0n) return [[name, byRatio(price, from.dividend, billionths(to))]];
  }
  return [];
}

/** @param from the price that is followed, in billionths: it follows none itself, so that it is no fraction. */
function byRatio(price: ExactPrice, from: bigint, to: bigint): ExactPrice {
  return { dividend: price.dividend * to, divisor: price.divisor * from };
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

/** Converts 1e-27 dollars to 1e-18 dollars, rounding half up. */
function adjust({ dividend, divisor }: ExactPrice, adjustment: bigint): bigint {
  const unit = BILLION * divisor;
  return (2n * dividend * adjustment + unit) / (2n * unit);
}

/** A price of a tier that the tier does not name, in billionths of a dollar. */
export interface UnnamedPrice {
  name: Billed;
  price: bigint;
  /** The price to which it keeps its ratio; null where it is the same as below the tier. */
  follows: Billed | null;
}

/** The inherited prices of each tier, in order of size, before any adjustment. */
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
