import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/limits/alerts/alert.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { evaluateLimits } from "../../src/limits/budgets/evaluate-limits.ts";
import { limitAlerts } from "../../src/limits/budgets/limit-alerts.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import { budgetOf, DOLLAR, spentOn } from "./spent.ts";
import { mapOf } from "../map-of.ts";

function alertsOf(of: Partial<Budget>, spend: readonly DaySpend[], now: string): Alert[] {
  return limitAlerts(evaluateLimits([budgetOf({ name: "web", notify: ["slack"], ...of })], new Map([["UTC", spend]]), new Date(now)));
}

const spent = (dollars: bigint): DaySpend[] => [spentOn("2026-10-01", { cost: dollars * DOLLAR })];

test("each threshold that is reached is an alert of its own", () => {
  const alerts = alertsOf({ forecast: false }, spent(85n), "2026-10-20T00:00:00Z");
  expect(alerts.map(({ kind, limit, period, threshold, targets }) => [kind, limit, period, threshold, targets])).toEqual([
    ["budget", "web", "2026-10", "50", ["slack"]],
    ["budget", "web", "2026-10", "80", ["slack"]],
  ]);
  expect(alerts[1]?.title).toBe("Budget web (everything): 80 % of $100.00 is spent in 2026-10");
});

describe("a forecast over the amount", () => {
  const thresholds = (of: Partial<Budget>, dollars: bigint, now: string): string[] => alertsOf(of, spent(dollars), now).map(({ threshold }) => threshold);

  test("is an alert while the amount is not spent", () => {
    expect(thresholds({}, 40n, "2026-10-10T00:00:00Z")).toEqual(["forecast"]);
    expect(thresholds({}, 120n, "2026-10-10T00:00:00Z")).toEqual(["50", "80", "100"]);
  });
  test("is none before a tenth of the period is over", () => {
    expect(thresholds({}, 40n, "2026-10-03T00:00:00Z")).toEqual([]);
  });
  test("is none where the budget does not want it, or where it lasts", () => {
    expect(thresholds({ forecast: false }, 40n, "2026-10-10T00:00:00Z")).toEqual([]);
    expect(thresholds({}, 20n, "2026-10-10T00:00:00Z")).toEqual([]);
  });
});

test("an alert says who, what, how much of how much, until when, the forecast, on what, and where to look", () => {
  const spend = [
    spentOn("2026-10-01", { cost: 30n * DOLLAR }),
    spentOn("2026-10-02", { cost: 15n * DOLLAR + 4_600_000n, model: "claude-haiku-4-5", caller: "bob@example.com" }),
    spentOn("2026-10-03", { cost: null, model: "qwen3" }),
  ];
  const [alert] = alertsOf({ scope: mapOf({ team: ["payments", "web shop"] }) }, spend, "2026-10-10T00:00:00Z");
  expect(alert?.title).toBe("Budget web (team payments or web shop): $155.02 of $100.00 is expected in 2026-10");
  expect(alert?.lines[0]).toBe("Spent $45.00 of $100.00 (45 %), $55.00 left, as of 2026-10-10 00:00 UTC.");
  expect(alert?.lines[1]).toBe("The month ends at 2026-11-01 00:00 UTC; 29 % of it is over.");
  expect(alert?.lines[2]).toMatch(/^Forecast: \$155\.02 \(\$\d+\.\d\d to \$\d+\.\d\d, linear\)\. Used up by 2026-10-20\.$/);
  expect(alert?.lines.slice(3)).toEqual([
    "Top models: claude-opus-4-8 $30.00, claude-haiku-4-5 $15.00.",
    "Top callers: ann@example.com $30.00, bob@example.com $15.00.",
    "Without a price, in no sum: qwen3.",
    'Where to look: aperture-ledger limits; aperture-ledger explain --month 2026-10 --team payments; aperture-ledger explain --month 2026-10 --team "web shop"',
  ]);
  expect(alert?.figures).toMatchObject({ amount_usd: "100.000000000", spent_usd: "45.004600000", forecast_method: "linear", exhausted: "2026-10-20", timezone: "UTC" });
});
