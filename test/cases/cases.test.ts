import { expect, test } from "vitest";
import { stateOfLimits } from "../../src/limits/check-limits.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { query } from "../query.ts";
import { type ExpectedCase, describeCases, settingsOf } from "./case-files.ts";
import { type CaseLedger, runCase } from "./case-ledger.ts";

/**
 * Settings that a case asks to be completed or allows to be corrected: how the price list says what counts include, and the
 * sample of docs/prices.md in the place of an older one.
 */
const SETTINGS: Readonly<Record<string, (given: string) => string>> = {
  "reasoning-beside-output": (given) => given.replace("output: 2.50}", "output: 2.50, counts: {reasoning: beside}}"),
};

describeCases("a case from the field", (all) => {
  test.each(Object.entries(all))("%s", async (name, expected) => {
    const given = settingsOf(name);
    const ran = await runCase(name, SETTINGS[name]?.(given) ?? given);
    expect(await findingsOf(ran, expected)).toEqual(withoutReason(expected));
  });
});

/** Why the figures are right stands beside them, for readers. */
function withoutReason(expected: ExpectedCase): ExpectedCase {
  return Object.fromEntries(Object.entries(expected).filter(([member]) => member !== "why"));
}

/** What the ledger says about everything that the case says something about. */
async function findingsOf(ran: CaseLedger, expected: ExpectedCase): Promise<ExpectedCase> {
  const { totals, exports } = ran.summary;
  const ids = Object.keys(expected.records ?? {});
  const found: Required<ExpectedCase> = {
    requests: totals.requests,
    cost_usd: expected.cost_usd === null && totals.requests === totals.unpriced_requests ? null : totals.cost_usd,
    unpriced: totals.unpriced_requests,
    teams: expected.teams === undefined ? {} : await sumsBy(ran, "allocations", "team"),
    callers: expected.callers === undefined ? {} : await sumsBy(ran, "usage", "caller"),
    budgets: expected.budgets === undefined ? {} : await spentOfBudgets(ran),
    records: expected.records === undefined ? {} : await costOfRecords(ran, ids),
    models: expected.models === undefined ? [] : await recordColumn(ran, "model"),
    partial: expected.partial === undefined ? [] : await recordColumn(ran, "record_id", "WHERE partial"),
    damaged: exports.damaged > 0,
  };
  return Object.fromEntries(Object.entries(found).filter(([member]) => member in expected));
}

async function sumsBy({ lake }: CaseLedger, table: "usage" | "allocations", column: string): Promise<Record<string, string>> {
  const rows = await query(`SELECT ${column} AS name, sum(cost_usd)::DECIMAL(38, 9)::VARCHAR AS cost FROM ${filesOf(lake, table)} GROUP BY 1`);
  return Object.fromEntries(rows.map(({ name, cost }) => [name as string, cost as string]));
}

async function spentOfBudgets({ ledger, now }: CaseLedger): Promise<Record<string, string>> {
  const { days } = await loadLedgerState(ledger.stores.lake);
  const states = await stateOfLimits(ledger, ledger.rules.budgets(), [...days.values()], now);
  return Object.fromEntries(states.map(({ name, spent }) => [name, formatDollars(spent)]));
}

async function costOfRecords({ lake }: CaseLedger, ids: readonly string[]): Promise<Record<string, string>> {
  const rows = await query(`SELECT record_id, cost_usd::VARCHAR AS cost FROM ${filesOf(lake, "usage")} WHERE record_id IN (${ids.join(", ")})`);
  return Object.fromEntries(rows.map(({ record_id, cost }) => [record_id as string, cost as string]));
}

async function recordColumn({ lake }: CaseLedger, column: string, where = ""): Promise<string[]> {
  const rows = await query(`SELECT ${column} AS value FROM ${filesOf(lake, "usage")} ${where} ORDER BY record_id`);
  return rows.map(({ value }) => value as string);
}

function filesOf(lake: string, table: "usage" | "allocations"): string {
  return `read_parquet('${lake}/${table}/*/*.parquet')`;
}
