import { mapTerms, TERM_TITLES, type Term, TERMS } from "../../ledger/usage/terms.ts";
import type { BillLine } from "./bill.ts";
import { type Both, type Cell, type Comparison, costAgrees, countsAgree } from "./compare-bill.ts";
import type { SlotUsage } from "./slot-usage.ts";

/** Tokens and money of a model with one service tier, speed or geography. */
export interface TermTotals {
  provider: string;
  model: string;
  term: Term;
  /** Null: what the bill does not state, and usage of the ledger whose term no capture shows. */
  value: string | null;
  /** Null where the provider's bill does not count tokens by this term. */
  tokens: Both | null;
  /** Null where it has no amounts by this term. */
  cost: Both | null;
}

/** Values of terms that providers charge at the ordinary price. */
const ORDINARY: ReadonlySet<string> = new Set(["standard", "default", "global", "not_available"]);

/** By UTC day and model. */
interface DayTotals extends TermTotals {
  date: string;
}

/** The terms by which a provider's bill has figures. */
interface ToldTerms {
  tokens: Record<Term, boolean>;
  cost: Record<Term, boolean>;
}

/**
 * Compares by the terms that a provider's bill distinguishes, in order of provider, model, term and value; terms that it does not name are left out.
 */
export function compareTerms(comparison: Comparison): TermTotals[] {
  return sum(listDays(comparison), ({ provider, model, term, value }) => JSON.stringify([provider, model, term, value ?? ""])).map(({ provider, model, term, value, tokens, cost }) => ({ provider, model, term, value, tokens, cost }));
}

/** Totals of a term with a price of its own whose tokens differ. */
export type DifferingTerm = TermTotals & { value: string; tokens: Both };

export function differsByTerm(totals: TermTotals): totals is DifferingTerm {
  const { value, tokens } = totals;
  return value !== null && !ORDINARY.has(value) && tokens !== null && tokens.bill !== tokens.ledger;
}

/** Explains cells with equal tokens and different money: names terms that the bill charges separately and that the ledger does not have for these tokens. */
export function termsEvidence(comparison: Comparison): (cell: Cell) => string | undefined {
  const days = sum(listDays(comparison), ({ date, provider, model, term, value }) => JSON.stringify([date, provider, model, term, value ?? ""]));
  const byCell = Map.groupBy(days, ({ date, provider, model }) => JSON.stringify([date, provider, model]));
  return (cell) => {
    if (!countsAgree(cell) || costAgrees(cell)) return undefined;
    const differing = (byCell.get(JSON.stringify([cell.date, cell.provider, cell.model])) ?? []).filter((one) => differsByTerm(one));
    const said = differing.map(({ term, value, tokens }) => `${String(tokens.bill)} tokens of ${TERM_TITLES[term]} ${value} on the bill, ${String(tokens.ledger)} in the ledger`);
    return said.length === 0 ? undefined : `tokens agree but their prices do not: ${said.join("; ")}`;
  };
}

function listDays({ bill, usage, dates, matching: { nameModel } }: Comparison): DayTotals[] {
  const lines = bill.lines.filter(({ type }) => type !== "other");
  const told = new Map([...Map.groupBy(lines, ({ provider }) => provider)].map(([provider, own]) => [provider, toldTerms(own)]));
  const billed = lines.flatMap((line) => ofLine(line, nameModel(line.model), told.get(line.provider)));
  const used = usage.flatMap((one) => (one.billing === "metered" ? ofUsage(one, told.get(one.provider)) : []));
  return [...billed, ...used].filter(({ date }) => dates.has(date));
}

/** Usage and costs are different reports, and one may distinguish what the other does not. */
function toldTerms(lines: readonly BillLine[]): ToldTerms {
  const isTold = (has: (line: BillLine) => boolean): Record<Term, boolean> => mapTerms((term) => lines.some((line) => has(line) && line.terms?.[term] !== undefined));
  return { tokens: isTold((line) => tokensOf(line) !== null), cost: isTold(({ cost }) => cost !== null) };
}

/** Searches are no tokens. */
function tokensOf({ type, tokens }: BillLine): bigint | null {
  return type === "web_search" ? null : tokens;
}

function ofLine(line: BillLine, model: string, told: ToldTerms | undefined): DayTotals[] {
  const { date, provider, terms = {} } = line;
  const [tokens, cost] = [tokensOf(line), line.cost];
  return figuresOf(told, { bill: tokens ?? 0n, ledger: 0n }, { bill: cost ?? 0n, ledger: 0n }).flatMap((one) => {
    const hasFigure = (one.tokens !== null && tokens !== null) || (one.cost !== null && cost !== null);
    return hasFigure ? [{ date, provider, model, value: terms[one.term] ?? null, ...one }] : [];
  });
}

function ofUsage({ slot, provider, model, counts, cost, terms }: SlotUsage, told: ToldTerms | undefined): DayTotals[] {
  const date = new Date(slot).toISOString().slice(0, 10);
  const tokens = counts.input + counts.cached + counts.cache_write_5m + counts.cache_write_1h + counts.output;
  return figuresOf(told, { bill: 0n, ledger: tokens }, { bill: 0n, ledger: cost }).map((one) => ({ date, provider, model, value: terms[one.term], ...one }));
}

function figuresOf(told: ToldTerms | undefined, tokens: Both, cost: Both): Pick<TermTotals, "term" | "tokens" | "cost">[] {
  if (told === undefined) return [];
  return TERMS.filter((term) => told.tokens[term] || told.cost[term]).map((term) => ({ term, tokens: told.tokens[term] ? tokens : null, cost: told.cost[term] ? cost : null }));
}

function sum(days: readonly DayTotals[], idOf: (totals: DayTotals) => string): DayTotals[] {
  const sums = new Map<string, DayTotals>();
  for (const one of days) {
    const known = sums.get(idOf(one));
    sums.set(idOf(one), known === undefined ? one : { ...known, tokens: add(known.tokens, one.tokens), cost: add(known.cost, one.cost) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, totals]) => totals);
}

function add(a: Both | null, b: Both | null): Both | null {
  return a === null || b === null ? null : { bill: a.bill + b.bill, ledger: a.ledger + b.ledger };
}
