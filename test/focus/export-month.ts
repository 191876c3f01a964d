import { exportFocus, type FocusExport } from "../../src/chargeback/export-focus.ts";
import { withMonthTables } from "../../src/chargeback/gathering/month-tables.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import type { Ledger } from "../../src/open/ledger.ts";

/** Brings the FOCUS files of an open month without corrections up to date. */
export async function exportMonth(ledger: Ledger, name: string): Promise<FocusExport> {
  const { days } = await loadLedgerState(ledger.stores.lake);
  return await withMonthTables(ledger, boundMonth(name, ledger.rules.allocation.timezone), [...days.values()], (tables) => exportFocus(ledger, tables, { corrections: [] }));
}
