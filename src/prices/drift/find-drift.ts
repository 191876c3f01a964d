import type { Nanodollars } from "../../ledger/money.ts";
import { type EstimateSums, PAIRS } from "./estimate-sums.ts";
import { type Estimate, solveLeastSquares } from "./least-squares.ts";
import { BILLED, type Billed } from "../list/price-entry.ts";
import type { TierOfRow } from "../list/price-table.ts";

/** Recorded and list amounts; drift is the recorded amount minus the list amount. */
export interface Drift {
  requests: bigint;
  /** Requests whose recorded amount differs from the list's. */
  differing: bigint;
  /** Requests whose amounts would agree if no count were part of another: the counting differs, not a price. */
  agreeingApart: bigint;
  recorded: Nanodollars;
  listed: Nanodollars;
  drift: Nanodollars;
}

/** Sums over the requests that the list prices. */
export interface ModelDrift extends Drift {
  provider: string;
  model: string;
  /** Estimates without a list price; no other figure includes them. */
  uncovered: { requests: bigint; recorded: Nanodollars };
  prices: PriceDrift[];
}

/** Drift of the requests that one tier of one entry prices, with the counts of one dialect. */
export interface PriceDrift extends Drift {
  apiType: string | null;
  version: string;
  types: TypeDrift[];
}

export interface TypeDrift {
  type: Billed;
  tokens: bigint;
  /** Billionths of a dollar per million tokens, or per search. */
  listed: bigint;
  /** The rate that the recorded amounts follow; null where the records do not determine it. */
  implied: bigint | null;
  /** Null where the implied rate is null. */
  drift: Nanodollars | null;
}

/** The differences between each model's estimates and the list's prices, in order of provider and model. */
export function findDrift(sums: readonly EstimateSums[]): ModelDrift[] {
  const byModel = Map.groupBy(sums, ({ provider, model }) => JSON.stringify([provider, model]));
  return [...byModel.keys()].sort().flatMap((key) => {
    const all = byModel.get(key) ?? [];
    const [first] = all;
    if (first === undefined) return [];
    const covered = all.flatMap((sum) => (sum.tier === undefined ? [] : [{ ...sum, tier: sum.tier }]));
    const open = all.filter(({ tier }) => tier === undefined);
    const byPrice = Map.groupBy(covered, ({ tier }) => JSON.stringify([tier.row.of.api_type, tier.version]));
    return {
      provider: first.provider,
      model: first.model,
      ...addDrift(covered),
      uncovered: { requests: total(open, "requests"), recorded: total(open, "recorded") },
      prices: [...byPrice.keys()].sort().flatMap((price) => describePrice(byPrice.get(price) ?? [])),
    };
  });
}

/** A millionth of a dollar per million tokens, in nanodollars per token. */
const SMALLEST_RATE = 0.001;

type CoveredSums = EstimateSums & { tier: TierOfRow };

function describePrice(sums: readonly CoveredSums[]): PriceDrift[] {
  const [first] = sums;
  if (first === undefined) return [];
  const drift = addDrift(sums);
  return [{ apiType: first.tier.row.of.api_type, version: first.tier.version, ...drift, types: describeTypes(sums, first.tier, drift) }];
}

function describeTypes(sums: readonly CoveredSums[], { rates }: TierOfRow, { differing }: Drift): TypeDrift[] {
  const counts = addUp(sums.map((sum) => sum.counts));
  const implied = impliedRates(sums);
  return BILLED.flatMap((type, index) => {
    const tokens = counts[index] ?? 0n;
    if (tokens === 0n) return [];
    const listed = divide(rates.get(type) ?? 0n, type === "web_search" ? 10n ** 15n : 10n ** 9n);
    // Where no amount differs, the records follow the list: rounding errors would only look like a drift.
    const rate = differing === 0n ? listed : toBillionths(type, implied[index] ?? null);
    const unit = type === "web_search" ? 1n : 1_000_000n;
    return { type, tokens, listed, implied: rate, drift: rate === null ? null : divide((rate - listed) * tokens, unit) };
  });
}

/** Nanodollars per token, in order of `BILLED`, fitted to the recorded amounts by least squares. */
function impliedRates(sums: readonly CoveredSums[]): (Estimate | null)[] {
  const products = addUp(sums.map((sum) => sum.products));
  const byPair = new Map(PAIRS.map(([row, column], index) => [`${row},${column}`, products[index] ?? 0n]));
  const xtx = BILLED.map((_, row) => BILLED.map((__, column) => byPair.get(`${Math.min(row, column)},${Math.max(row, column)}`) ?? 0n));
  const xty = addUp(sums.map((sum) => sum.timesRecorded));
  const rates = solveLeastSquares({ count: total(sums, "requests"), xtx, xty, yty: total(sums, "squares") });
  return rates.map((rate) => (rate !== null && isToldApart(rate) ? rate : null));
}

/** A rate whose uncertainty exceeds a tenth of it is not reported. */
function isToldApart({ value, error }: Estimate): boolean {
  return error * 10 <= Math.abs(value) || error < SMALLEST_RATE;
}

/** Rounded to a millionth of a dollar per million tokens: finer than prices, coarser than the error from rounding to nanodollars. */
function toBillionths(type: Billed, rate: Estimate | null): bigint | null {
  if (rate === null) return null;
  const unit = type === "web_search" ? 1n : 1000n;
  return divide(rate.dividend * unit, rate.divisor) * (type === "web_search" ? 1n : 1000n);
}

function addDrift(sums: readonly EstimateSums[]): Drift {
  const [recorded, listed] = [total(sums, "recorded"), total(sums, "listed")];
  const [requests, differing, agreeingApart] = [total(sums, "requests"), total(sums, "differing"), total(sums, "agreeingApart")];
  return { requests, differing, agreeingApart, recorded, listed, drift: recorded - listed };
}

function total(sums: readonly EstimateSums[], figure: "requests" | "differing" | "agreeingApart" | "recorded" | "listed" | "squares"): bigint {
  return sums.reduce((all, sum) => all + sum[figure], 0n);
}

function addUp(lists: readonly (readonly bigint[])[]): bigint[] {
  return (lists[0] ?? []).map((_, index) => lists.reduce((all, list) => all + (list[index] ?? 0n), 0n));
}

/** Half up. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const [above, below] = divisor < 0n ? [-dividend, -divisor] : [dividend, divisor];
  const doubled = 2n * above + below;
  const quotient = doubled / (2n * below);
  return doubled < 0n && quotient * 2n * below !== doubled ? quotient - 1n : quotient;
}
