import { allocateMonths } from "../../src/allocation/allocate-months.ts";
import { type ClosedMonth, closeMonth } from "../../src/chargeback/close-month.ts";
import type { Closing } from "../../src/chargeback/closing/prepare-close.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { query } from "../query.ts";

export const CLOSER = { by: "finance@example.com", now: new Date("2027-06-01T09:00:00Z"), chain: [] };

/** Closes a month of a ledger without an archive's chain. */
export async function close(ledger: Ledger, month: string, closing: Omit<Closing, "chain"> = CLOSER): Promise<ClosedMonth> {
  return await closeMonth(ledger, month, { chain: [], ...closing });
}

const KEYS = "team, cost_center, caller, caller_type, tag, to_json(dimensions)::VARCHAR AS dimensions, instance, provider, model, billing, method, rule";
const COUNTS = [
  "requests", "unpriced_requests", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "cache_write_5m_tokens",
  "cache_write_1h_tokens", "reasoning_tokens", "image_input_tokens", "image_output_tokens", "web_searches",
];

/** What everybody owes of a month by its table, every column, rows without anything left away: as text, in order. */
export async function figuresOf(folder: string, month: string): Promise<Record<string, unknown>[]> {
  return await sumUp(`SELECT ${KEYS}, cost_usd, ${COUNTS.join(", ")} FROM read_parquet('${folder}/${layout.allocations(month)}')`);
}

/** The same of a closed month and all corrections of it, wherever they are booked. */
export async function correctedFigures(folder: string, month: string, bookings: readonly string[]): Promise<Record<string, unknown>[]> {
  const booked = bookings.map(
    (booking) => `UNION ALL SELECT ${KEYS}, difference_usd, ${COUNTS.join(", ")} FROM read_parquet('${folder}/${layout.corrections(booking)}') WHERE corrects = '${month}'`,
  );
  return await sumUp(`SELECT ${KEYS}, cost_usd, ${COUNTS.join(", ")} FROM read_parquet('${folder}/${layout.allocations(month)}') ${booked.join(" ")}`);
}

async function sumUp(rows: string): Promise<Record<string, unknown>[]> {
  const sums = ["cost_usd", ...COUNTS].map((name) => `coalesce(sum(${name}), 0)::DECIMAL(38,9) AS ${name}`);
  const some = ["cost_usd", ...COUNTS].map((name) => `${name} <> 0`).join(" OR ");
  return await query(`SELECT * FROM (SELECT * EXCLUDE (cost_usd, ${COUNTS.join(", ")}), ${sums.join(", ")} FROM (${rows}) GROUP BY ALL) WHERE ${some} ORDER BY ALL`);
}

export interface Booked {
  corrects: string;
  cause: string;
  reason: string;
  team: string;
  caller: string;
  difference: string;
  requests: string;
}

export async function bookedIn(folder: string, month: string): Promise<Booked[]> {
  return (await query(`SELECT corrects, cause, reason, team, caller, difference_usd::VARCHAR AS difference, requests::DOUBLE::VARCHAR AS requests
    FROM read_parquet('${folder}/${layout.corrections(month)}')`)) as unknown as Booked[];
}

/** Brings the table of an open month up to date. */
export async function allocateAll(ledger: Ledger): Promise<void> {
  await allocateMonths(ledger, [...(await loadLedgerState(ledger.stores.lake)).days.values()]);
}
