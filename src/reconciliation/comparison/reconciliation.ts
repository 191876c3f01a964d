import type { Nanodollars } from "../../ledger/money.ts";
import { TOKEN_TYPES, type TokenType } from "./bill.ts";
import type { Bill } from "./combine-bills.ts";
import { type Both, type Cell, compareBill, type Comparison } from "./compare-bill.ts";
import { compareTerms, type TermTotals } from "./compare-terms.ts";
import { type Cause, CAUSES, type Explained, findCauses, type Gaps } from "./find-causes.ts";

export interface Totals {
  counts: ReadonlyMap<TokenType, Both>;
  /** Money by type, for the days and models where both distinguish it. */
  costs: ReadonlyMap<TokenType, Both>;
  /** Null where the bill has no amounts. */
  cost: Both | null;
}

interface ModelTotals extends Totals {
  provider: string;
  model: string;
}

interface CauseTotals extends Totals {
  name: Cause["name"];
  days: number;
  models: readonly string[];
  /** Evidence of the largest difference. */
  evidence: string;
}

interface Unbilled {
  provider: string;
  cost: Nanodollars;
  /** A provider that billed models which the ledger only has here: possibly the same provider under another name. */
  mayBe: string | null;
}

/** A provider's amount in another currency, which is not compared with the ledger's dollars. */
interface ForeignTotal {
  provider: string;
  currency: string;
  /** In billionths of the currency. */
  amount: bigint;
  /** UTC days. */
  days: readonly string[];
}

/** A provider's bill of a month compared with the ledger, by UTC day. */
export interface Reconciliation {
  /** `YYYY-MM` */
  month: string;
  files: Bill["files"];
  /** In order of day, provider, gateway and model. */
  cells: readonly Explained[];
  total: Totals;
  models: readonly ModelTotals[];
  /** Empty where the bill distinguishes no terms. */
  terms: readonly TermTotals[];
  /** In order of preference; a difference counts under its likeliest cause. */
  causes: readonly CauseTotals[];
  /** UTC days of the month that a provider's bill does not cover. */
  uncovered: readonly { provider: string; days: readonly string[] }[];
  /** Providers with metered cost in the ledger that are not on the bill. */
  unbilled: readonly Unbilled[];
  /** Lines of the bill for other days: they are not compared. */
  outside: readonly { provider: string; days: readonly string[]; cost: Nanodollars }[];
  /** By provider and currency. */
  foreign: readonly ForeignTotal[];
  /** Clouds' charges for services that are not about models; they are left out. */
  otherServices: Bill["otherServices"];
  /** The ledger's money that no list price divides by type although the bill does: it is only compared by model. */
  unsplit: readonly { provider: string; model: string; cost: Nanodollars }[];
}

/** Compares and explains. The same bill, in any order of its files, and the same usage give the same reconciliation. */
export function reconcile(month: string, comparison: Comparison, gaps: Gaps): Reconciliation {
  const cells = findCauses(comparison, compareBill(comparison), gaps);
  const dates = [...comparison.dates].sort();
  const { bill } = comparison;
  const models = Map.groupBy(cells, ({ cell }) => JSON.stringify([cell.provider, cell.model]));
  return {
    month,
    files: bill.files,
    cells,
    total: sumCells(cells.map(({ cell }) => cell)),
    models: [...models].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, own]) => {
      const [first] = own;
      return first === undefined ? [] : [{ provider: first.cell.provider, model: first.cell.model, ...sumCells(own.map(({ cell }) => cell)) }];
    }),
    terms: compareTerms(comparison),
    causes: CAUSES.flatMap((name) => sumCause(name, cells.filter(({ causes }) => causes[0]?.name === name))),
    uncovered: [...bill.coverage].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([provider, { countedDays, chargedDays }]) => {
      const days = dates.filter((date) => !countedDays.has(date) && !chargedDays.has(date));
      return days.length === 0 ? [] : [{ provider, days }];
    }),
    outside: sumOutside(bill, comparison.dates),
    otherServices: bill.otherServices,
    foreign: sumForeign(bill, comparison.dates),
    unbilled: sumUnbilled(comparison, cells.map(({ cell }) => cell)),
    unsplit: sumUnsplit(bill, cells.map(({ cell }) => cell)),
  };
}

function sumOutside({ lines }: Bill, dates: ReadonlySet<string>): Reconciliation["outside"] {
  const byProvider = Map.groupBy(lines.filter(({ date }) => !dates.has(date)), ({ provider }) => provider);
  return [...byProvider].sort(([a], [b]) => (a < b ? -1 : 1)).map(([provider, own]) => ({
    provider,
    days: [...new Set(own.map(({ date }) => date))].sort(),
    cost: own.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n),
  }));
}

function sumForeign({ lines }: Bill, dates: ReadonlySet<string>): ForeignTotal[] {
  const asked = lines.flatMap(({ date, provider, foreign }) => (foreign === undefined || !dates.has(date) ? [] : [{ date, provider, ...foreign }]));
  return [...Map.groupBy(asked, ({ provider, currency }) => JSON.stringify([provider, currency]))].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { provider, currency } = first;
    return [{ provider, currency, amount: own.reduce((sum, { amount }) => sum + amount, 0n), days: [...new Set(own.map(({ date }) => date))].sort() }];
  });
}

function sumCells(cells: readonly Cell[]): Totals {
  const types = TOKEN_TYPES.flatMap((type): [TokenType, Both][] => {
    const counted = cells.flatMap(({ counts }) => counts.filter((count) => count.type === type));
    return counted.length === 0 ? [] : [[type, addUp(counted)]];
  });
  const costs = TOKEN_TYPES.flatMap((type): [TokenType, Both][] => {
    const told = cells.flatMap(({ charges }) => charges.flatMap(({ type: of, bill, ledger }) => (of === type && ledger !== null ? [{ bill, ledger }] : [])));
    return told.length === 0 ? [] : [[type, addUp(told)]];
  });
  const charged = cells.flatMap(({ cost }) => cost ?? []);
  return { counts: new Map(types), costs: new Map(costs), cost: charged.length === 0 ? null : addUp(charged) };
}

function addUp(figures: readonly Both[]): Both {
  return figures.reduce((all, one) => ({ bill: all.bill + one.bill, ledger: all.ledger + one.ledger }), { bill: 0n, ledger: 0n });
}

function sumCause(name: Cause["name"], explained: readonly Explained[]): CauseTotals[] {
  const [largest] = explained.toSorted((a, b) => Number(sizeOf(b.cell) - sizeOf(a.cell)));
  const evidence = largest?.causes[0]?.evidence;
  if (evidence === undefined) return [];
  const cells = explained.map(({ cell }) => cell);
  const models = new Set(cells.map(({ provider, model }) => `${provider}/${model}`));
  return [{ name, ...sumCells(cells), days: new Set(cells.map(({ date }) => date)).size, models: [...models].sort(), evidence }];
}

function sizeOf({ counts, cost }: Cell): bigint {
  const difference = cost === null ? counts.reduce((all, { bill, ledger }) => all + (bill > ledger ? bill - ledger : ledger - bill), 0n) : cost.bill - cost.ledger;
  return difference < 0n ? -difference : difference;
}

function sumUnbilled({ bill, usage, dates }: Comparison, cells: readonly Cell[]): Unbilled[] {
  const owed = usage.filter(({ slot, provider, billing }) => billing === "metered" && !bill.coverage.has(provider) && dates.has(new Date(slot).toISOString().slice(0, 10)));
  const never = [...Map.groupBy(cells, ({ provider, model }) => JSON.stringify([provider, model])).values()].flatMap((own) => (own.every(({ ledger }) => ledger.requests === 0n) ? own.slice(0, 1) : []));
  const sums = [...Map.groupBy(owed, ({ provider }) => provider)].map(([provider, own]): Unbilled => {
    const models = new Set(own.map(({ model }) => model));
    return { provider, cost: own.reduce((all, { cost }) => all + cost, 0n), mayBe: never.find(({ model }) => models.has(model))?.provider ?? null };
  });
  return sums.sort((a, b) => (a.provider < b.provider ? -1 : 1));
}

function sumUnsplit({ coverage }: Bill, cells: readonly Cell[]): Reconciliation["unsplit"] {
  const told = cells.filter(({ provider, cost, ledger }) => cost !== null && ledger.unsplit !== 0n && (coverage.get(provider)?.chargedTypes.size ?? 0) > 0);
  return [...Map.groupBy(told, ({ provider, model }) => JSON.stringify([provider, model]))].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => {
    const [first] = own;
    return first === undefined ? [] : [{ provider: first.provider, model: first.model, cost: own.reduce((all, { ledger }) => all + ledger.unsplit, 0n) }];
  });
}
