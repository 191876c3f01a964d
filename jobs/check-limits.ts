import { overBuiltDays } from "../src/lake/days/over-built-days.ts";
import { loadLedgerState } from "../src/lake/ledger-state.ts";
import { checkLimits, summariseLimits } from "../src/limits/check-limits.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

export const handleCheckLimits: JobHandler = async (_, { openLedger, clock }) => {
  const ledger = await openLedger("cached");
  const { days } = await loadLedgerState(ledger.stores.lake);
  const { states, ...spent } = await overBuiltDays(ledger.stores.lake, [...days.values()], (known) => checkLimits(ledger, known, clock()));
  return { ...spent, limits: summariseLimits(states) };
};
