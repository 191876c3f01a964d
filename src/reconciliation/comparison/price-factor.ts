import { TOKEN_TYPES } from "./bill.ts";
import { type Cell, costAgrees, countsAgree } from "./compare-bill.ts";
import { splitByAgreement } from "./compare-charges.ts";

export interface PriceFinding {
  /** UTC days that it explains. */
  dates: ReadonlySet<string>;
  evidence: string;
}

/** Factors that are this close count as equal: amounts of small days have only a few digits. */
export const ONE_FACTOR = 0.002;

/** Billed and recorded money of one day, for a whole model or for one type. */
interface Pair {
  date: string;
  bill: bigint;
  ledger: bigint;
}

/**
 * Finds models whose money differs although their tokens agree: a different price, for all types or for some. For a bill without counts
 * this requires the same factor on several days.
 * @param cells of one model, in order of day
 */
export function explainPrice(cells: readonly Cell[]): PriceFinding | undefined {
  const priced = cells.filter(({ cost }) => cost !== null && cost.bill > 0n && cost.ledger > 0n);
  const differing = priced.filter((cell) => countsAgree(cell) && !costAgrees(cell));
  const [first] = differing;
  const last = differing.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const dates = new Set(differing.map(({ date }) => date));
  const isCounted = differing.every(({ counts }) => counts.length > 0);
  const what = isCounted ? "tokens agree and money differs" : "the factor is the same on all these days";
  const agreeing = priced.filter((cell) => costAgrees(cell)).map(({ date }) => date);
  const time = when(first.date, last.date, agreeing);
  const ofTypes = explainTypes(differing, isCounted);
  if (ofTypes !== undefined) return { dates, evidence: `${what}: ${ofTypes} ${time}; the other types agree` };
  const factor = factorOf(differing.flatMap(({ date, cost }) => (cost === null ? [] : [{ date, ...cost }])));
  if (!isCounted && (!factor.isOne || differing.length < 2)) return undefined;
  return { dates, evidence: `${what}: the bill is ${factor.isOne ? factor.text : `${factor.text}, so not every type has a different price`} ${time}` };
}

/** The types whose money differs, where some differ, others agree, and bill and ledger distinguish them on all of these days. */
function explainTypes(differing: readonly Cell[], isCounted: boolean): string | undefined {
  const told = differing.map(({ date, charges }) => ({ date, ...splitByAgreement(charges) }));
  if (told.some((one) => one.differing.length === 0)) return undefined;
  const types = TOKEN_TYPES.filter((type) => told.some((one) => one.differing.some((charge) => charge.type === type)));
  const isAgreeing = TOKEN_TYPES.some((type) => !types.includes(type) && told.some((one) => one.agreeing.some((charge) => charge.type === type)));
  if (!isAgreeing) return undefined;
  const factors = types.map((type) => {
    const pairs = told.flatMap(({ date, differing: of, agreeing }) => [...of, ...agreeing].flatMap((charge): Pair[] => (charge.type === type && charge.ledger > 0n ? [{ date, bill: charge.bill, ledger: charge.ledger }] : [])));
    return { type, days: pairs.length, ...factorOf(pairs) };
  });
  if (!isCounted && factors.some(({ isOne, days }) => !isOne || days < 2)) return undefined;
  return factors.map(({ type, days, text }) => (days === 0 ? `${type} is billed, but the ledger has no cost for it` : `${type} is billed ${text}`)).join(", ");
}

function when(first: string, last: string, agreeing: readonly string[]): string {
  if (agreeing.length === 0) return "on all days";
  if (agreeing.every((date) => date < first)) return `from ${first} on`;
  if (agreeing.every((date) => date > last)) return `until ${last}`;
  return first === last ? `on ${first}` : `between ${first} and ${last}`;
}

/** One factor for all days, or a range. */
function factorOf(pairs: readonly Pair[]): { isOne: boolean; text: string } {
  const factors = pairs.map(({ bill, ledger }) => Number(bill) / Number(ledger));
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  const isOne = most - least <= ONE_FACTOR * most;
  return { isOne, text: `${isOne ? showFactor(total(pairs)) : `${showFactor(least)} to ${showFactor(most)}`} times the ledger's` };
}

function total(pairs: readonly Pair[]): number {
  const sum = (of: "bill" | "ledger"): number => pairs.reduce((all, one) => all + Number(one[of]), 0);
  return sum("bill") / sum("ledger");
}

/** Four decimals, without trailing zeros. */
function showFactor(factor: number): string {
  return String(Number(factor.toFixed(4)));
}
