import type { Budget } from "../../src/limits/budgets/budget.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";

export const DOLLAR = 1_000_000_000n;

/** A dollar of Ann's team payments on a model, unless it says otherwise. */
export function spentOn(day: string, of: Partial<DaySpend> = {}): DaySpend {
  return {
    day,
    team: "payments",
    tag: "(untagged)",
    caller: "ann@example.com",
    callerType: "user",
    instance: "prod",
    provider: "anthropic",
    model: "claude-opus-4-8",
    billing: "metered",
    dimensions: {},
    cost: DOLLAR,
    ...of,
  };
}

/** $100 a month of everything in UTC, unless it says otherwise. */
export function budgetOf(of: Partial<Budget> = {}): Budget {
  return { name: "all", scope: new Map(), amount: 100n * DOLLAR, per: "month", timezone: "UTC", thresholds: [50, 80, 100], forecast: true, notify: [], ...of };
}
