import { type Cell, costAgrees, countsAgree } from "./compare-bill.ts";

export interface PriceFinding {
  /** UTC days that it explains. */
  dates: ReadonlySet<string>;
  evidence: string;
}

/** Factors that are this close to each other are one: amounts of small days are a few digits. */
const ONE_FACTOR = 0.002;

/**
 * Whether a model's money differs where its tokens do not: another price. A bill without counts says so only where one factor
 * holds on several days.
 * @param cells of one model, in order of day
 */
export function explainPrice(cells: readonly Cell[]): PriceFinding | undefined {
  const priced = cells.filter(({ cost }) => cost !== null && cost.bill > 0n && cost.ledger > 0n);
  const differing = priced.filter((cell) => countsAgree(cell) && !costAgrees(cell));
  const [first] = differing;
  const last = differing.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const factors = differing.map(factorOf);
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  const isOne = most - least <= ONE_FACTOR * most;
  const isCounted = differing.every(({ counts }) => counts.length > 0);
  if (!isCounted && (!isOne || differing.length < 2)) return undefined;
  const dates = new Set(differing.map(({ date }) => date));
  const agreeing = priced.filter((cell) => costAgrees(cell)).map(({ date }) => date);
  const how = isOne ? `${showFactor(total(differing))} times the ledger's` : `${showFactor(least)} to ${showFactor(most)} times the ledger's, so not every kind of token has another price`;
  const what = isCounted ? "tokens agree and money does not" : "one factor holds on all these days";
  return { dates, evidence: `${what}: the bill is ${how} ${when(first.date, last.date, agreeing)}` };
}

function when(first: string, last: string, agreeing: readonly string[]): string {
  if (agreeing.length === 0) return "on all days";
  if (agreeing.every((date) => date < first)) return `from ${first} on`;
  if (agreeing.every((date) => date > last)) return `until ${last}`;
  return first === last ? `on ${first}` : `between ${first} and ${last}`;
}

function factorOf({ cost }: Cell): number {
  return cost === null ? 1 : Number(cost.bill) / Number(cost.ledger);
}

function total(cells: readonly Cell[]): number {
  const sum = (of: "bill" | "ledger"): number => cells.reduce((all, { cost }) => all + Number(cost?.[of] ?? 0n), 0);
  return sum("bill") / sum("ledger");
}

/** Four decimals, without needless zeros. */
function showFactor(factor: number): string {
  return String(Number(factor.toFixed(4)));
}
