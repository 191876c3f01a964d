import { checkHealth } from "../src/health/check-health.ts";
import { overBuiltDays } from "../src/lake/days/over-built-days.ts";
import { loadLedgerState } from "../src/lake/ledger-state.ts";
import { checkLimits, summariseLimits } from "../src/limits/check-limits.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

export const handleCheckLimits: JobHandler = async (_, { openLedger, clock }) => {
  const ledger = await openLedger("cached");
  const { days, exports } = await loadLedgerState(ledger.stores.lake);
  return await overBuiltDays(ledger.stores.lake, [...days.values()], async (known) => {
    const { states, ...spent } = await checkLimits(ledger, known, clock());
    const health = await checkHealth(ledger, { exports: [...exports.values()], days: known }, clock());
    return { ...spent, limits: summariseLimits(states), ...(health === undefined ? {} : { health }) };
  });
};
