import { join } from "node:path";
import { expect, test } from "vitest";
import { sumInvoices } from "../../src/chargeback/sections/invoices.ts";
import type { KeptInvoice } from "../../src/lake/records/kept-invoices.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { temporaryFolder } from "../test-ledger.ts";

const DOLLAR = 1_000_000_000n;

function invoiceOf(provider: string, dollars: bigint, usage: readonly [provider: string, model: string, dollars: bigint][]): KeptInvoice {
  return { provider, invoice_usd: dollars * DOLLAR, usage: usage.map(([of, model, usd]) => ({ provider: of, model, usd: usd * DOLLAR })), other_days_usd: 0n, models: [], lines: [] };
}

/** Charges and explained differences of each invoice, in dollars. The allocations have 10 dollars of Opus and 5 of Haiku, both by the gateway's `anthropic`, and seats of 25. */
async function chargesOn(...kept: readonly KeptInvoice[]): Promise<[string, bigint, Record<string, bigint>][]> {
  const folder = temporaryFolder();
  const file = join(folder, "allocations.parquet");
  return await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    await duck.run(`COPY (SELECT provider, model, billing, method, rule, cost_usd::DECIMAL(38,9) AS cost_usd FROM (VALUES
      ('anthropic', 'opus', 'metered', 'member', 'directory', 10), ('anthropic', 'haiku', 'metered', 'member', 'directory', 5), ('anthropic', 'Seats', 'charge', 'adjustment', 'Seats', 25)
      ) AS t(provider, model, billing, method, rule, cost_usd)) TO '${file}' (FORMAT parquet)`);
    const invoices = await sumInvoices(duck, file, kept, []);
    return invoices.map(({ provider, charges, explained }) => [provider, charges / DOLLAR, Object.fromEntries(explained.map(({ cause, amount }) => [cause, amount / DOLLAR]))]);
  });
}

const BEDROCK = invoiceOf("bedrock", 10n, [["anthropic", "opus", 10n]]);

test("a provider's charges stand on its own invoice alone, whoever else bills requests to it", async () => {
  const own = { ...invoiceOf("anthropic", 30n, [["anthropic", "haiku", 5n]]), lines: [{ name: "Seats", charge: "Seats", usd: 25n * DOLLAR }] };
  expect(await chargesOn(BEDROCK, own)).toEqual([["bedrock", 0n, {}], ["anthropic", 25n, {}]]);
});

test("the charges of a provider without an invoice stand once, where its requests are billed", async () => {
  expect(await chargesOn(BEDROCK, invoiceOf("vertex", 5n, [["anthropic", "haiku", 5n]]))).toEqual([["bedrock", 25n, { charge_not_billed: -25n }], ["vertex", 0n, {}]]);
});
