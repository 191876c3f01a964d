import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import type { Change } from "./insights.ts";

/** What is owed for a model of a provider by one billing, with adjustments, and its tokens; there may be several of one name. */
export interface ChangeItem {
  /** Tells models apart. */
  name: string;
  owed: Nanodollars;
  /** All of them, each once, in any unit. */
  tokens: bigint;
}

/** Parts of a nanodollar that are reckoned with until the sum is rounded. */
const PRECISION = 10n ** 18n;

/**
 * Why what is owed changed. An item's price is what is owed for it by the token.
 *
 * - `volume` is the difference of tokens at the average price of before. Where there were no tokens before, everything is volume.
 * - `price` is, of items with tokens in both months, what their tokens cost now less what as many cost before.
 * - `mix` is what is left: tokens went to dearer or cheaper items, to new ones, from vanished ones; and what is owed for no
 *   tokens at all. So the three add up exactly; the others are rounded to the nanodollar.
 * @param month `YYYY-MM` that is compared with.
 */
export function explainChange(month: string, itemsBefore: readonly ChangeItem[], itemsNow: readonly ChangeItem[]): Change {
  const [known, present] = [sumItems(itemsBefore), sumItems(itemsNow)];
  const [before, now] = [sumAll(known, "owed"), sumAll(present, "owed")];
  const [tokensBefore, tokensNow] = [sumAll(known, "tokens"), sumAll(present, "tokens")];
  if (tokensBefore === 0n) return { month, before, now, price: 0n, volume: now - before, mix: 0n };
  const volume = divideRounding((tokensNow - tokensBefore) * before, tokensBefore);
  let price = 0n;
  for (const [name, { owed, tokens }] of present) {
    const past = known.get(name);
    if (past === undefined || past.tokens === 0n || tokens === 0n) continue;
    price += divideRounding((owed * past.tokens - tokens * past.owed) * PRECISION, past.tokens);
  }
  price = divideRounding(price, PRECISION);
  return { month, before, now, price, volume, mix: now - before - volume - price };
}

type ItemSums = Omit<ChangeItem, "name">;

function sumItems(items: readonly ChangeItem[]): Map<string, ItemSums> {
  const sums = new Map<string, ItemSums>();
  for (const { name, owed, tokens } of items) {
    const known = sums.get(name);
    sums.set(name, { owed: owed + (known?.owed ?? 0n), tokens: tokens + (known?.tokens ?? 0n) });
  }
  return sums;
}

function sumAll(items: ReadonlyMap<string, ItemSums>, what: keyof ItemSums): bigint {
  return [...items.values()].reduce((sum, item) => sum + item[what], 0n);
}
