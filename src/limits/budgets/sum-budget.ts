import type { Nanodollars } from "../../ledger/money.ts";
import type { Budget } from "./budget.ts";
import type { BudgetPeriod } from "./budget-period.ts";
import { scopeMatcher } from "./scope.ts";
import type { DaySpend } from "./spend.ts";

export interface Spender {
  name: string;
  cost: Nanodollars;
}

/** The spend that counts towards a budget. */
export interface BudgetSums {
  /** Spend in the period. */
  spent: Nanodollars;
  /** Spend by day, in the period and before it; days without usage are absent, days with only rejected or unpriced requests are 0. */
  byDay: ReadonlyMap<string, Nanodollars>;
  /** Parts of the period's spend, largest first. */
  models: Spender[];
  callers: Spender[];
  /** Models with usage but without any price in the period: they do not count. In order. */
  unpriced: string[];
}

/** @param spend by days in the budget's time zone. */
export function sumBudget({ scope, pseudonyms = [] }: Pick<Budget, "scope" | "pseudonyms">, { firstDay, endDay }: BudgetPeriod, spend: readonly DaySpend[]): BudgetSums {
  const matches = scopeMatcher(scope, pseudonyms);
  const byDay = new Map<string, Nanodollars>();
  const models = new Map<string, Nanodollars>();
  const callers = new Map<string, Nanodollars>();
  const unpriced = new Set<string>();
  let spent = 0n;
  for (const one of spend) {
    if (one.day >= endDay || !matches(one)) continue;
    const cost = one.cost ?? 0n;
    addTo(byDay, one.day, cost);
    if (one.day < firstDay) continue;
    if (one.cost === null) {
      unpriced.add(one.model);
      continue;
    }
    spent += cost;
    addTo(models, one.model, cost);
    // Next to the scope, which names the login, this would reveal whose pseudonym it is.
    if (!pseudonyms.includes(one.caller)) addTo(callers, one.caller, cost);
  }
  return { spent, byDay, models: rank(models), callers: rank(callers), unpriced: [...unpriced].filter((model) => !models.has(model)).sort() };
}

function addTo(sums: Map<string, Nanodollars>, name: string, cost: Nanodollars): void {
  sums.set(name, (sums.get(name) ?? 0n) + cost);
}

/** The spenders with a cost above zero, the largest first, equal ones by name. */
function rank(sums: ReadonlyMap<string, Nanodollars>): Spender[] {
  const spenders = [...sums].flatMap(([name, cost]) => (cost > 0n ? [{ name, cost }] : []));
  return spenders.sort((a, b) => (a.cost === b.cost ? (a.name < b.name ? -1 : 1) : a.cost > b.cost ? -1 : 1));
}
