import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configuredBudgets } from "../../src/open/configured-budgets.ts";
import { configSchema } from "../../src/config/config.ts";
import { daysBetween } from "../../src/ledger/days.ts";
import { evaluateLimits } from "../../src/limits/budgets/evaluate-limits.ts";
import type { LimitState } from "../../src/limits/budgets/limit-state.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import { BILLINGS } from "../../src/ledger/usage/usage-record.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { runs } from "../property/runs.ts";
import { budgetOf, DOLLAR, spentOn } from "./spent.ts";
import { mapOf } from "../map-of.ts";

const NOW = new Date("2026-10-13T00:00:00Z");

function stateOf(of: Partial<Budget>, spend: readonly DaySpend[], now = NOW, asOf = now): LimitState {
  const budget = budgetOf(of);
  const [state] = evaluateLimits([budget], new Map([[budget.timezone, spend]]), now, asOf);
  if (state === undefined) throw new Error("not in force");
  return state;
}

type WrittenScope = Record<string, string | string[] | null>;

describe("what counts", () => {
  const spend = [
    spentOn("2026-10-01"),
    spentOn("2026-10-02", { team: "web", caller: "bob@example.com", model: "claude-haiku-4-5", cost: 2n * DOLLAR }),
    spentOn("2026-10-03", { team: "(unallocated)", caller: "tag:ci,tag:prod", callerType: "tag", tag: "tag:ci", dimensions: { repo: "acme/web" }, cost: 4n * DOLLAR }),
    spentOn("2026-10-04", { billing: "subscription", cost: 8n * DOLLAR }),
    spentOn("2026-10-04", { billing: "caller_key", cost: 32n * DOLLAR }),
    spentOn("2026-10-05", { billing: "self_hosted", instance: "lab", provider: "private", model: "qwen3", cost: 16n * DOLLAR }),
  ];
  test.each<[string, WrittenScope, bigint]>([
    ["everything", {}, 23n],
    ["team payments", { team: "payments" }, 17n],
    ["team payments or web", { team: ["payments", "web"] }, 19n],
    ["team (unallocated)", { team: "(unallocated)" }, 4n],
    ["tag tag:c*", { tag: "tag:c*" }, 4n],
    ["caller Bob@*", { caller: "Bob@*" }, 2n],
    ["gateway lab", { gateway: "lab" }, 16n],
    ["provider anthropic", { provider: "anthropic" }, 7n],
    ["team payments, model claude-*", { model: "claude-*", team: "payments" }, 1n],
    ["repo acme/*", { repo: "acme/*" }, 4n],
    ["no repo", { repo: null }, 19n],
    ["billing subscription", { billing: "subscription" }, 8n],
    ["billing caller_key", { billing: "caller_key" }, 32n],
    ["billing metered or subscription", { billing: ["metered", "subscription"] }, 15n],
  ])("%s", (words, scope, dollars) => {
    const state = stateOf({ scope: mapOf(scope) }, spend);
    expect([state.scope, state.spent]).toEqual([words, dollars * DOLLAR]);
  });

  test("days of the period in the budget's own time zone", () => {
    const days = [spentOn("2026-09-30"), spentOn("2026-10-01"), spentOn("2026-10-31"), spentOn("2026-11-01")];
    expect(stateOf({}, days).spent).toBe(2n * DOLLAR);
    expect(stateOf({ timezone: "Asia/Kolkata" }, days, new Date("2026-09-30T18:30:00Z")).period).toMatchObject({ name: "2026-10", firstDay: "2026-10-01" });
  });

  test("an erased caller whom a budget names counts under the pseudonym, which is not shown", () => {
    const config = configSchema.parse({ limits: [{ name: "bob", amount: 100, per: "month", scope: { caller: "Bob@example.com" } }] });
    const pseudonymOf = (login: string): string | undefined => (login === "bob@example.com" ? "erased-1@example.com" : undefined);
    const [budget] = configuredBudgets(config, { ...NO_TEAMS, pseudonymOf });
    const { spent, callers, scope } = stateOf(budget ?? {}, [spentOn("2026-10-01"), spentOn("2026-10-02", { caller: "bob@example.com" }), spentOn("2026-10-03", { caller: "erased-1@example.com" })]);
    expect({ spent, callers: callers.map(({ name }) => name), scope }).toEqual({ spent: 2n * DOLLAR, callers: ["bob@example.com"], scope: "caller Bob@example.com" });
  });

  test("models of which nothing has a price are named", () => {
    const unpriced = (model: string, day = "2026-10-01"): DaySpend => spentOn(day, { model, cost: null });
    expect(stateOf({}, [spentOn("2026-10-02"), unpriced("claude-opus-4-8"), unpriced("qwen3"), unpriced("old", "2026-09-01")]).unpriced).toEqual(["qwen3"]);
  });

  test("budgets over scopes that do not overlap add up to the budget of everything", () => {
    const spends = fc.array(
      fc.record({
        day: fc.integer({ min: 1, max: 31 }).map((day) => `2026-10-${String(day).padStart(2, "0")}`),
        team: fc.constantFrom("alpha", "beta", "(unallocated)"),
        model: fc.constantFrom("opus", "haiku", "qwen3"),
        repo: fc.constantFrom<Record<string, string>>({}, { repo: "acme/web" }, { repo: "acme/api" }),
        billing: fc.constantFrom(...BILLINGS),
        cost: fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n })),
      }),
    );
    const partitions: WrittenScope[][] = [
      [{ team: "alpha" }, { team: ["beta", "(unallocated)"] }],
      [{ model: ["opus", "h*"] }, { model: "qwen?" }],
      [{ repo: "acme/web" }, { repo: ["acme/api"] }, { repo: null }],
      [{ billing: "metered" }, { billing: "self_hosted" }],
      [{ team: "alpha", model: "opus" }, { team: "alpha", model: ["haiku", "qwen3"] }, { team: "beta" }, { team: "(unallocated)" }],
    ];
    fc.assert(
      fc.property(spends, fc.constantFrom(...partitions), (all, scopes) => {
        const counted = all.map(({ repo, day, ...of }) => spentOn(day, { ...of, dimensions: repo }));
        const parts = scopes.map((scope) => stateOf({ scope: mapOf(scope) }, counted).spent);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(stateOf({}, counted).spent);
      }),
      runs(200),
    );
  });
});

describe("how it stands", () => {
  test("spent, left, per cent, pace, thresholds", () => {
    const state = stateOf({ amount: 60n * DOLLAR }, [spentOn("2026-10-02", { cost: 48n * DOLLAR })], new Date("2026-10-16T12:00:00Z"));
    expect(state).toMatchObject({ spent: 48n * DOLLAR, left: 12n * DOLLAR, percent: 80, elapsedPercent: 50, pace: 1.6, reached: [50, 80] });
  });

  test("what is over is negative, and a threshold that is missed by a nanodollar is not reached", () => {
    expect(stateOf({}, [spentOn("2026-10-02", { cost: 130n * DOLLAR })])).toMatchObject({ left: -30n * DOLLAR, percent: 130, reached: [50, 80, 100] });
    expect(stateOf({}, [spentOn("2026-10-02", { cost: 100n * DOLLAR - 1n })])).toMatchObject({ percent: 99.9, reached: [50, 80] });
    expect(stateOf({ thresholds: [120, 90] }, [spentOn("2026-10-02", { cost: 120n * DOLLAR })]).reached).toEqual([90, 120]);
  });

  test("pace and forecast go by how far the ledger is built, not by the clock", () => {
    const spend = [spentOn("2026-10-01", { cost: 10n * DOLLAR }), spentOn("2026-10-02", { cost: 10n * DOLLAR })];
    const state = stateOf({}, spend, new Date("2026-10-09T00:00:00Z"), new Date("2026-10-03T00:00:00Z"));
    expect([state.forecast?.expected, state.forecastOver, state.pace]).toEqual([310n * DOLLAR, true, 3.1]);
    expect(stateOf({}, [], NOW, new Date("2026-09-20T00:00:00Z"))).toMatchObject({ elapsedPercent: 0, pace: null, forecast: null });
  });

  test("a rejected request before anything was spent leaves the forecast what it is", () => {
    const october = daysBetween("2026-10-01", "2026-10-13").map((day) => spentOn(day, { cost: 10n * DOLLAR }));
    for (const cost of [0n, null]) {
      const state = stateOf({}, [spentOn("2026-09-20", { cost }), ...october]);
      expect(state.forecast).toMatchObject({ method: "linear", expected: 310n * DOLLAR });
    }
  });

  test("a budget has states from its first day on and until its last", () => {
    const budgets = [budgetOf({ name: "old", until: "2026-10-13" }), budgetOf({ name: "new", from: "2026-10-13" })];
    const namesAt = (now: string): string[] => evaluateLimits(budgets, new Map(), new Date(now)).map(({ name }) => name);
    expect([namesAt("2026-10-12T23:59:59Z"), namesAt("2026-10-13T00:00:00Z")]).toEqual([["old"], ["new"]]);
  });
});
