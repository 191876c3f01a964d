import { expect, test } from "vitest";
import { readReport } from "../../src/chargeback/delivery/read-report.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { layout } from "../../src/lake/layout.ts";
import { keepSpending } from "../../src/run/keep-spending.ts";
import { readSpending } from "../../src/run/read-spending.ts";
import { companyLedger, NOW } from "../http/company-lake.ts";
import { DOLLAR } from "../limits/spent.ts";

test("the month to date is what the report says, and its forecast goes on as the days so far", async () => {
  const ledger = await companyLedger({ isReported: true });
  const { lake } = ledger.stores;
  const days = [...(await loadLedgerState(lake)).days.values()];
  const { asOf, month, budgets } = await readSpending(ledger, days, NOW);
  expect(asOf).toEqual(NOW);
  // $50 of usage, less 10 %. At $5 a day, 31 days use $155; the discount known so far stays $5.
  expect(month).toMatchObject({ month: "2026-10", owed: 45n * DOLLAR, unpricedRequests: 1, forecast: { method: "linear", expected: 150n * DOLLAR } });
  expect(month?.teams).toEqual([{ team: "payments", owed: 27n * DOLLAR }, { team: "web", owed: 18n * DOLLAR }]);
  expect(budgets).toMatchObject([
    { name: "company", spent: 50n * DOLLAR, amount: 200n * DOLLAR, percent: 25, forecast: { expected: 155n * DOLLAR } },
    { name: "web", spent: 20n * DOLLAR, amount: 15n * DOLLAR, forecast: { expected: 62n * DOLLAR } },
  ]);
  const json = layout.report("2026-10", "chargeback.json");
  expect(readReport(await lake.read(json), json).booking.total.owed.exact).toBe(month?.owed);
});

test("a month that has no allocations yet has no figure, and neither has an empty ledger", async () => {
  const ledger = await companyLedger();
  const days = [...(await loadLedgerState(ledger.stores.lake)).days.values()];
  expect(await readSpending(ledger, days, new Date("2026-11-02T00:00:00Z"))).toMatchObject({ month: null, budgets: [{ name: "company", spent: 0n }, { name: "web", spent: 0n }] });
  expect(await readSpending(ledger, [], NOW)).toEqual({ asOf: null, month: null, budgets: [] });
});

test("spend is read again only where something has changed that it depends on, and after a failure", async () => {
  const ledger = await companyLedger();
  const days = [...(await loadLedgerState(ledger.stores.lake)).days.values()];
  let [readings, fails] = [0, true];
  const read = keepSpending(async () => {
    readings++;
    if (fails) throw new Error("away");
    return await Promise.resolve({ asOf: null, month: null, budgets: [] });
  });
  await expect(read(ledger, days, NOW)).rejects.toThrow("away");
  fails = false;
  for (const now of [NOW, new Date(NOW.getTime() + 3_600_000)]) await read(ledger, days, now);
  expect(readings).toBe(2);
  await read(ledger, days.slice(1), NOW);
  await read(ledger, days, new Date("2026-10-12T00:00:00Z"));
  expect(readings).toBe(4);
  await ledger.stores.lake.replace(layout.allocationManifest("2026-10"), Buffer.from(`${Buffer.from(await ledger.stores.lake.read(layout.allocationManifest("2026-10"))).toString()} `));
  await read(ledger, days, new Date("2026-10-12T00:00:00Z"));
  expect(readings).toBe(5);
});
