import { divideRounding, formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { sumReported } from "../../ledger/usage/reported-tokens.ts";
import type { UsageRow } from "./sum-month.ts";

/** What unpriced requests may be worth: an order of magnitude, not a price. */
export interface UnpricedRange {
  least: Nanodollars;
  most: Nanodollars;
  /** Number of requests in the range: those whose tokens are known. */
  requests: bigint;
}

/** Average prices are in nanodollars for this many tokens. */
const TOKENS = 1_000_000_000n;

/**
 * Values unpriced requests at the average price of a token of the cheapest and of the most expensive priced model in the same month, of the same
 * provider if it has priced models, otherwise of any. Null where no priced model or no tokens are known. Of a row with priced and unpriced requests,
 * the tokens count in proportion to the unpriced requests.
 */
export function valueUnpriced(rows: readonly UsageRow[]): UnpricedRange | null {
  const prices = pricesOf(rows);
  const ofProvider = Map.groupBy(prices, ({ provider }) => provider);
  let [least, most, requests] = [0n, 0n, 0n];
  for (const row of rows) {
    if (row.unpricedRequests === 0n) continue;
    const tokens = row.cost === null ? sumReported(row.tokens) : divideRounding(sumReported(row.tokens) * row.unpricedRequests, row.requests);
    const known = (ofProvider.get(row.provider) ?? prices).map(({ price }) => price);
    if (tokens === 0n || known.length === 0) continue;
    requests += row.unpricedRequests;
    least += divideRounding(tokens * known.reduce((a, b) => (a < b ? a : b)), TOKENS);
    most += divideRounding(tokens * known.reduce((a, b) => (a > b ? a : b)), TOKENS);
  }
  return requests === 0n ? null : { least, most, requests };
}

/** The average cost of a token of each model, from rows whose requests are all priced. */
function pricesOf(rows: readonly UsageRow[]): { provider: string; price: bigint }[] {
  const priced = rows.filter(({ cost, unpricedRequests }) => cost !== null && cost > 0n && unpricedRequests === 0n);
  return [...Map.groupBy(priced, ({ provider, model }) => JSON.stringify([provider, model])).values()].flatMap((own) => {
    const [first] = own;
    const tokens = own.reduce((sum, row) => sum + sumReported(row.tokens), 0n);
    if (first === undefined || tokens === 0n) return [];
    return [{ provider: first.provider, price: divideRounding(own.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n) * TOKENS, tokens) }];
  });
}

export function rangeToJson(range: UnpricedRange | null): object | null {
  return range === null ? null : { requests: range.requests, least_usd: formatDollars(range.least), most_usd: formatDollars(range.most) };
}
