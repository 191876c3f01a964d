import { overBuiltDays } from "../src/lake/days/over-built-days.ts";
import { loadLedgerState } from "../src/lake/ledger-state.ts";
import { settleMonths } from "../src/run/settle-months.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

export const handleAllocateMonths: JobHandler = async (_, { openLedger }) => {
  const ledger = await openLedger("cached");
  const { days } = await loadLedgerState(ledger.stores.lake);
  return await overBuiltDays(ledger.stores.lake, [...days.values()], (known) => settleMonths(ledger, known));
};
