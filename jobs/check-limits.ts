import { formatDollars, parseDollars } from "../src/money.ts";
import type { LedgerState } from "../src/lake/ledger-state.ts";
import type { LedgerContext } from "./ledger-context.ts";

export interface CheckedLimits {
  /** UTC date that is looked at. */
  date: string;
  /** Dollars with nine decimals, of the days that are built. */
  spent_usd: string;
}

/** Says what was spent on a UTC date so far. Spending limits are not configured in this version: there is nothing to hold it against. */
export function checkLimits({ log }: Pick<LedgerContext, "log">, state: LedgerState, now: Date): CheckedLimits {
  const date = now.toISOString().slice(0, 10);
  const days = [...state.days.values()].filter((day) => day.date === date);
  const spent = days.reduce((sum, { totals }) => sum + (parseDollars(totals.cost_usd) ?? 0n), 0n);
  const checked = { date, spent_usd: formatDollars(spent) };
  log.info(checked, "spent so far");
  return checked;
}
