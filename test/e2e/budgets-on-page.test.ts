import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { mapOf } from "../map-of.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const DOLLAR = 1_000_000_000n;

function budget(name: string, scope: Record<string, string | string[]>, more: Partial<Budget> = {}): Budget {
  return { name, scope: mapOf(scope), amount: 100n * DOLLAR, per: "month", timezone: "UTC", thresholds: [], forecast: false, notify: [], ...more };
}

test("a budget stands in the row that it measures, the company's in the total's, and all others in a section of their own", async () => {
  const [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-09-15T12:00:00Z", dollars: 30 },
    { by: "ann@example.com", at: "2026-10-10T12:00:00Z", dollars: 40 },
    { by: "bob@example.com", at: "2026-10-12T12:00:00Z", dollars: 120 },
    { by: "bob@example.com", at: "2026-11-01T12:00:00Z", dollars: 1 },
  ]);
  const budgets = [
    budget("red monthly", { team: "red" }),
    budget("red opus", { team: "red", model: "claude-opus-*" }, { amount: 10n * DOLLAR }),
    budget("blue monthly", { team: "blue" }),
    budget("both", { team: ["red", "blue"] }, { amount: 500n * DOLLAR }),
    budget("company", {}, { per: "year", amount: 1000n * DOLLAR }),
  ];
  const teams = [{ name: "red", members: ["ann@example.com"] }, { name: "blue", members: ["bob@example.com"] }];
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf({ directory: { teams } }), budgets: () => budgets } });
  await runOnce(ledger);
  await reportMonth(ledger, "2026-10");
  const page = readFileSync(join(folder, "reports/2026-10/chargeback.html"), "utf8");
  const textOf = (id: string): string => (new RegExp(`<section[^>]*aria-labelledby="${id}"[^]*?</section>`).exec(page)?.[0] ?? "").replace(/<[^>]+>/g, " ").replaceAll("&nbsp;", " ").replace(/[\s\u00A0]+/g, " ");
  const book = textOf("book");
  // October is over: no forecast of it, but of the year.
  expect(book).toMatch(/red – \$40\.00 [^$]*\$\d+\.\d\d \$100\.00 40\.0 % –/);
  expect(book).toMatch(/blue – \$120\.00 [^$]*\$\d+\.\d\d \$100\.00 120\.0 % \(over\) –/);
  expect(book).toMatch(/Total \$160\.00 [^$]*\$\d+\.\d\d 2026 \$1,000\.00 \$190\.00 \(19\.0 %\) \$\d/);
  expect(book).not.toMatch(/\$10\.00|\$500\.00/);
  const others = textOf("budgets");
  expect(others).toMatch(/company 2026 everything \$1,000\.00 \$190\.00 19\.0 %/);
  expect(others).toMatch(/red opus 2026-10 team red, model claude-opus-\* \$10\.00 \$40\.00 400\.0 %/);
  expect(others).toMatch(/both 2026-10 team red or blue \$500\.00 \$160\.00 32\.0 %/);
  expect(others).not.toMatch(/red monthly|blue monthly/);
  const summary = readFileSync(join(folder, "reports/2026-10/summary.csv"), "utf8");
  expect(summary).toMatch(/^\uFEFF?[^]*\nbudget,,company,spent 2026,[^\n]*,190\.000000000,,,\n/);
});
