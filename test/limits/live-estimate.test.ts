import { describe, expect, test } from "vitest";
import { estimateLive, type LiveBase } from "../../src/limits/estimate-live.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { evaluateLimits } from "../../src/limits/budgets/evaluate-limits.ts";
import { isEstimate, type LiveEstimate, type NoEstimate } from "../../src/limits/live/live-estimate.ts";
import type { LiveSum } from "../../src/limits/live/live-requests.ts";
import { estimateToJson, showEstimate } from "../../src/limits/live/show-estimate.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { budgetOf, DOLLAR, spentOn } from "./spent.ts";

const NOW = new Date("2026-10-08T15:00:00Z");
/** Of the last export in a built day. */
const COVERED = new Date("2026-10-08T12:00:20Z");

function sum(time: string, dollars: number, of: Partial<LiveSum> = {}): LiveSum {
  return { instance: "prod", login: "Ann@example.com", provider: "anthropic", model: "claude-opus-4-8", minute: new Date(`2026-10-08T${time}:00Z`), requests: 1, unpriced: 0, cost: BigInt(dollars) * DOLLAR, ...of };
}

/** $40 by the ledger; Ann is in payments. */
async function estimate(budget: Partial<Budget>, sums: LiveSum[], { since = new Date("2026-10-01"), coveredUntil = new Map([["prod", COVERED]]), gateway = [] as never[], gateways = ["prod"] } = {}): Promise<LiveEstimate | NoEstimate> {
  const budgets = [budgetOf(budget)];
  const states = evaluateLimits(budgets, new Map([["UTC", [spentOn("2026-10-08", { cost: 40n * DOLLAR })]]]), NOW, COVERED);
  const allocation = { ...NO_TEAMS, teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "ops", members: ["tag:ci"] }] };
  const base: LiveBase = { rules: { normalisingAt: (instance) => ({ instance, gateway, dimensions: new Map() }), allocation }, budgets, states, coveredUntil, gateways };
  const source = { requests: { add: () => Promise.reject(new Error("not asked")), sumsFrom: () => Promise.resolve({ since, sums }), seen: () => { throw new Error("not asked"); } }, keepHours: 72 };
  const [one] = await estimateLive(base, source, NOW);
  return one!;
}

async function added(budget: Partial<Budget>, ...sums: LiveSum[]): Promise<bigint | undefined> {
  const one = await estimate(budget, sums);
  return isEstimate(one) ? one.added : undefined;
}

test("what the ledger has is not counted again, up to the minute of the last export", async () => {
  const one = await estimate({}, [sum("11:59", 1), sum("12:00", 2), sum("12:01", 4), sum("14:30", 8, { unpriced: 3, requests: 5 })]);
  expect(one).toMatchObject({ added: 14n * DOLLAR, spent: 54n * DOLLAR, requests: 7, unpriced: 3, percent: 54, reached: [50], gateways: ["prod"], lacksUntil: null });
  expect(showEstimate(one)).toBe("live estimate: $54.00 of $100.00 (54.0 %); $14.00 of it from 7 requests that hooks reported up to 2026-10-08 14:30 UTC; 3 requests without an estimate, counted as $0.00");
  expect(estimateToJson(one)).toMatchObject({ kind: "live estimate", spent_usd: "54.000000000", added_usd: "14.000000000", requests: 7, unpriced_requests: 3 });
});

describe("a scope counts what matches it", () => {
  test.each<[string, Budget["scope"], LiveSum[], bigint]>([
    ["a team by its members", new Map([["team", "payments"]]), [sum("13:00", 3), sum("13:00", 5, { login: "bob@example.com" })], 3n],
    ["what nobody owns", new Map([["team", "(unallocated)"]]), [sum("13:00", 3), sum("13:00", 5, { login: null })], 5n],
    ["each of three tags a third", new Map([["tag", "tag:ci"]]), [sum("13:00", 9, { login: "tag:b,tag:ci,tag:a" })], 3n],
    ["a model by its plain name", new Map([["model", "claude-opus-*"]]), [sum("13:00", 3, { model: "anthropic/claude-opus-4-8-20260101" }), sum("13:00", 5, { model: "gpt-5", provider: "openai" })], 3n],
    ["a provider", new Map([["provider", "openai"]]), [sum("13:00", 3), sum("13:00", 5, { model: "gpt-5", provider: "openai" })], 5n],
    ["a gateway", new Map([["gateway", "west"]]), [sum("13:00", 3), sum("09:00", 5, { instance: "west" })], 5n],
    ["a period", new Map(), [sum("13:00", 3), sum("13:00", 5, { minute: new Date("2026-10-09T00:00:00Z") })], 3n],
  ])("%s", async (_, scope, sums, dollars) => {
    expect(await added({ scope, per: "day" }, ...sums)).toBe(dollars * DOLLAR);
  });

  test("but not by a dimension, which hooks do not say", async () => {
    const one = await estimate({ scope: new Map([["repo", "acme/*"], ["team", "payments"]]) }, [sum("13:00", 3)]);
    expect(showEstimate(one)).toBe("no live estimate: hooks do not say repo");
    expect(estimateToJson(one)).toMatchObject({ spent_usd: null });
  });

  test("nor what callers pay themselves, as far as the gateway's configuration says so", async () => {
    const gateway = [{ from: null, providers: [{ id: "plan", authMode: "passthrough", models: ["claude-opus-4-8"], tailnet: false, disabled: false, preference: 0 }] }] as never[];
    expect(await estimate({}, [sum("13:00", 3, { provider: "plan" })], { gateway })).toMatchObject({ added: 0n, requests: 0 });
  });
});

describe("what the estimate lacks is said", () => {
  test("where Redis was emptied after the last export", async () => {
    const one = await estimate({}, [sum("14:30", 1)], { since: new Date("2026-10-08T14:00:00Z") });
    expect(showEstimate(one)).toMatch(/; it lacks what was requested between the last exports and 2026-10-08 14:00 UTC$/);
  });

  test("where the ledger is behind by more than is kept", async () => {
    const one = await estimate({}, [sum("14:30", 1)], { coveredUntil: new Map([["prod", new Date("2026-10-03T00:00:00Z")]]) });
    expect(one).toMatchObject({ lacksUntil: new Date("2026-10-05T15:00:00Z") });
  });

  test("of a gateway without any export since the period began, where its usage counts", async () => {
    const gateways = ["prod", "west"];
    const since = new Date("2026-10-08T11:00:00Z");
    expect(await estimate({}, [sum("14:30", 1)], { since, gateways })).toMatchObject({ lacksUntil: since });
    expect(await estimate({ scope: new Map([["gateway", "prod"]]) }, [sum("14:30", 1)], { since, gateways })).toMatchObject({ lacksUntil: null });
  });

  test("but not of a gateway that is no longer configured, whose exports ended long ago", async () => {
    const coveredUntil = new Map([["prod", COVERED], ["old", new Date("2026-02-01T00:00:00Z")]]);
    expect(await estimate({}, [sum("14:30", 1)], { coveredUntil })).toMatchObject({ lacksUntil: null });
  });

  test("and not where no hook came", async () => {
    expect(showEstimate(await estimate({}, []))).toBe("live estimate: $40.00 of $100.00 (40.0 %); hooks reported nothing that the ledger lacks");
  });
});
