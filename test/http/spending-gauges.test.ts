import { expect, test } from "vitest";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { readSpending, type Spending } from "../../src/run/read-spending.ts";
import { DOLLAR } from "../limits/spent.ts";
import { companyLedger, NOW } from "./company-lake.ts";

function seriesOf(text: string): Record<string, number> {
  return Object.fromEntries([...text.matchAll(/^aperture_ledger_(\S+?(?:\{.*\})?) (\S+)$/gm)].map(([, name = "", value = ""]) => [name, Number(value)]));
}

test("budgets, the month to date, teams and what has no price are gauges", async () => {
  const ledger = await companyLedger();
  const { lake } = ledger.stores;
  const metrics = new LedgerMetrics({ lake, queues: [], clock: () => NOW, readSpending: async () => await readSpending(ledger, [...(await loadLedgerState(lake)).days.values()], NOW) });
  expect(seriesOf(await metrics.render())).toMatchObject({
    'budget_used_usd{budget="company"}': 50,
    'budget_limit_usd{budget="company"}': 200,
    'budget_forecast_usd{budget="company"}': 155,
    'budget_used_usd{budget="web"}': 20,
    'budget_limit_usd{budget="web"}': 15,
    month_to_date_usd: 45,
    month_forecast_usd: 150,
    month_unpriced_requests: 1,
    'team_month_to_date_usd{team="payments"}': 27,
    'team_month_to_date_usd{team="web"}': 18,
    'unpriced_requests{instance="prod"}': 1,
    spending_read_failed: 0,
  });
});

test("no more than twenty teams have a series; the others are added up", async () => {
  const teams = Array.from({ length: 25 }, (_, index) => ({ team: `team-${String(index + 1).padStart(2, "0")}`, owed: BigInt(25 - index) * DOLLAR }));
  const spending: Spending = { asOf: NOW, budgets: [], month: { month: "2026-10", timezone: "UTC", owed: 325n * DOLLAR, teams, unpricedRequests: 0, forecast: null } };
  const { lake } = (await companyLedger()).stores;
  const series = seriesOf(await new LedgerMetrics({ lake, queues: [], clock: () => NOW, readSpending: async () => await Promise.resolve(spending) }).render());
  const shown = Object.entries(series).filter(([name]) => name.startsWith("team_month"));
  expect(shown).toHaveLength(21);
  expect(series).toMatchObject({ 'team_month_to_date_usd{team="team-01"}': 25, 'team_month_to_date_usd{team="team-20"}': 6, 'team_month_to_date_usd{team="(others)"}': 5 + 4 + 3 + 2 + 1 });
  expect(series).not.toHaveProperty("month_forecast_usd");
});

test("spend is read every five minutes at most, and an earlier reading is shown where a new one fails", async () => {
  const { lake } = (await companyLedger()).stores;
  let [now, reads, fails] = [NOW, 0, false];
  const month = { month: "2026-10", timezone: "UTC", owed: DOLLAR, teams: [], unpricedRequests: 0, forecast: null };
  const readSpend = async (): Promise<Spending> => {
    reads++;
    return fails ? await Promise.reject(new Error("away")) : await Promise.resolve({ asOf: NOW, budgets: [], month });
  };
  const metrics = new LedgerMetrics({ lake, queues: [], clock: () => now, readSpending: readSpend });
  await metrics.render();
  now = new Date(NOW.getTime() + 299_999);
  await metrics.render();
  expect(reads).toBe(1);
  fails = true;
  now = new Date(NOW.getTime() + 300_000);
  expect(seriesOf(await metrics.render())).toMatchObject({ month_to_date_usd: 1, spending_read_failed: 1 });
  const never = new LedgerMetrics({ lake, queues: [], clock: () => now, readSpending: readSpend });
  const series = seriesOf(await never.render());
  expect(series).toMatchObject({ spending_read_failed: 1 });
  expect(series).not.toHaveProperty("month_to_date_usd");
});
