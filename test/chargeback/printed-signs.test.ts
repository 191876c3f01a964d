import fc from "fast-check";
import { expect, test } from "vitest";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { sumListValue, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { cutToTeam, listTeams } from "../../src/chargeback/team/cut-to-team.ts";
import { renderTeamHtml } from "../../src/chargeback/team/render-team-html.ts";
import { formatDollars, parseDollars } from "../../src/ledger/money.ts";
import { type Billing, BILLINGS } from "../../src/ledger/usage/usage-record.ts";
import { runs } from "../property/runs.ts";
import { inventInsights } from "./invented-insights.ts";
import { allocateRow, inventReport, inventRow } from "./invented-report.ts";

/** Parts of cents that cancel each other. */
const small = fc.constantFrom(0n, 1n, 4_000_000n, 5_000_000n, 6_000_000n, 10_000_000n);
const part = fc.record({
  team: fc.constantFrom("payments", "web"),
  costCenter: fc.constantFrom("CC-1", null),
  model: fc.constantFrom("opus", "haiku"),
  billing: fc.constantFrom(...BILLINGS),
  cost: small,
  /** Of it, in percent. */
  discount: fc.constantFrom(null, 100n, 50n),
  corrected: fc.constantFrom(null, 1n, -1n),
});

/** Every amount of a page that says its nine decimals, with the text of it. */
function printedAmounts(page: string): { exact: bigint; text: string }[] {
  return [...page.matchAll(/title="(-?)\$(\d+\.\d{9})">([^<]*)</g)].map(([, sign = "", dollars = "", text = ""]) => ({ exact: parseDollars(`${sign}${dollars}`)!, text }));
}

/** Amounts that are nothing and are printed as something, or with another sign than their own. */
function findFalse(page: string): { exact: bigint; text: string }[] {
  return printedAmounts(page).filter(({ exact, text }) => {
    if (text === "$0.00") return false;
    return exact === 0n || text.startsWith("-") !== exact < 0n;
  });
}

interface Part {
  team: string;
  costCenter: string | null;
  model: string;
  billing: Billing;
  cost: bigint;
  discount: bigint | null;
  corrected: bigint | null;
}

function invent(parts: readonly Part[]): ChargebackReport {
  const rows = parts.map(({ model, billing, cost }) => inventRow({ model, billing, cost }));
  const allocations = parts.flatMap(({ team, costCenter, discount }, index) => {
    const whole = allocateRow(rows[index]!, { team, costCenter });
    if (discount === null || whole.billing === "subscription") return [whole];
    return [whole, allocateRow({ ...rows[index]!, requests: 0n }, { team, costCenter, method: "adjustment", cost: -((whole.cost! * discount) / 100n) })];
  });
  const report = inventReport(rows, {}, { rows: allocations });
  const corrections = parts.flatMap(({ team, costCenter, corrected, cost, billing }) => {
    if (corrected === null) return [];
    const difference = cost * corrected;
    const usage = { caller: "ann@example.com", callerType: "user" as const, tag: "(untagged)", dimensions: {}, instance: "prod", provider: "anthropic", model: "opus", billing };
    return [{ corrects: "2026-09", cause: "price_version" as const, reason: "", team, costCenter, ...usage, method: "member", rule: "directory", was: 0n, is: difference, difference, requests: 0n }];
  });
  const now = sumOwed(report.allocated).cost ?? 0n;
  const insights = inventInsights(report, allocations);
  const teams = insights.teams.map((team) => ({ ...team, change: { month: "2026-09", days: null, before: sumOwed(team.figures).cost ?? 0n, now: sumOwed(team.figures).cost ?? 0n, price: 0n, volume: 0n, mix: 0n } }));
  return { ...report, corrections, insights: { ...insights, pools: [], teams, change: { month: "2026-09", days: null, before: now, now, price: 0n, volume: 0n, mix: 0n } } };
}

test("no page prints nothing as something, nor an amount with another sign than its own, whatever cancels what", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
      const report = invent(parts);
      const siblings = { csv: "chargeback.csv", json: "chargeback.json", teams: "teams.csv", summary: "summary.csv", corrections: "corrections.csv", workbook: "chargeback.xlsx" };
      const page = await renderHtml(report, siblings);
      expect(printedAmounts(page).length).toBeGreaterThan(5);
      expect(findFalse(page)).toEqual([]);
      for (const team of listTeams(report)) expect(findFalse(await renderTeamHtml(cutToTeam(report, team), siblings))).toEqual([]);
    }),
    runs(15),
  );
});

/** Every figure of a list value that a page prints, by its exact amount. */
function printedAs(page: string, exact: string): string[] {
  return [...new Set([...page.matchAll(/title="\$(\d+\.\d{9})">([^<]*)</g)].flatMap(([, dollars, text = ""]) => (dollars === exact ? [text] : [])))];
}

test("a list value of a team is one figure on all its places: in the tables of teams, in its facts and in its days", { timeout: 600_000 }, async () => {
  // Amounts that no two teams have alike, and whose halves of a cent go up or down.
  const cents = fc.uniqueArray(fc.nat({ max: 400 }), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(cents, async (amounts) => {
      const parts = amounts.map((amount, index): Part => ({
        team: index < 2 ? "payments" : `web ${String(index)}`, costCenter: null, model: "opus", billing: index % 2 === 0 ? "caller_key" : "subscription",
        cost: BigInt(amount) * 10_000_000n + 4_000_001n + BigInt(index) * 300_000n, discount: null, corrected: null,
      }));
      const report = invent(parts);
      const siblings = { csv: "", json: "", teams: "", summary: "", corrections: "", workbook: "" };
      const pages = [await renderHtml(report, siblings), await renderTeamHtml(cutToTeam(report, "payments"), siblings)];
      const { figures } = report.byTeam.find(({ key }) => key.team === "payments")!;
      const listed = [figures.billing.caller_key.cost!, figures.billing.subscription.cost!, sumListValue(figures).cost!];
      for (const page of pages) for (const amount of listed) expect(printedAs(page, formatDollars(amount)).length).toBeLessThanOrEqual(1);
      for (const amount of listed) expect(printedAs(pages[0]!, formatDollars(amount))).toEqual(printedAs(pages[1]!, formatDollars(amount)));
    }),
    runs(15),
  );
});

test("a discount that takes all of a usage leaves $0.00 owed, and not a cent less", async () => {
  const page = await renderHtml(
    invent([{ team: "payments", costCenter: null, model: "opus", billing: "metered", cost: 4_000_000n, discount: 100n, corrected: null }]),
    { csv: "", json: "", teams: "", summary: "", corrections: "", workbook: "" },
  );
  expect(printedAmounts(page).filter(({ exact }) => exact === 0n).map(({ text }) => text)).toContain("$0.00");
  expect(page).not.toMatch(/>-\$0\.0[01]</);
});
