import { BILLED, type Amount, type Billed, type PriceEntry, type WrittenPrices } from "./price-entry.ts";

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

/**
 * An entry's rates below, between and above its tiers, in order; each tier keeps what it does not name.
 * Undefined where a price is beyond what can be reckoned with, which no true one is.
 * @param factor of the gateway, on top of the entry's own.
 */
export function ratesByTier(entry: PriceEntry, factor: Amount): TierRates[] | undefined {
  const adjustment = billionths(entry.adjustment ?? 1) * billionths(factor);
  const tiers: TierRates[] = [];
  let written: WrittenPrices = entry;
  for (const tier of [null, ...(entry.tiers ?? []).toSorted((a, b) => a.above - b.above)]) {
    written = override(written, tier ?? {});
    const rates = toRates(written, adjustment);
    if (rates === undefined) return undefined;
    tiers.push({ above: tier?.above ?? null, rates });
  }
  return tiers;
}

function override(written: WrittenPrices, tier: WrittenPrices): WrittenPrices {
  return Object.fromEntries(BILLED.map((name) => [name, tier[name] ?? written[name]]));
}

function toRates(written: WrittenPrices, adjustment: bigint): Rates | undefined {
  const rates = new Map<Billed, bigint>();
  for (const name of BILLED) {
    const price = written[name] ?? written[FALLBACK[name] ?? name];
    if (price === undefined) continue;
    const isSearch = name === "web_search";
    const rate = adjust(billionths(price) * (isSearch ? MILLION : 1n), adjustment);
    if (rate > (isSearch ? MOST_PER_MILLION_SEARCHES : MOST_PER_MILLION_TOKENS)) return undefined;
    rates.set(name, rate);
  }
  return rates;
}

/** Of 1e-27 dollars to 1e-18 dollars, half up. */
function adjust(price: bigint, adjustment: bigint): bigint {
  return (price * adjustment + BILLION / 2n) / BILLION;
}
