import { endOfData, stateOfBudgets } from "../../limits/check-limits.ts";
import { findToldLate } from "../../limits/checking/ended-limits.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { limitFigures } from "../../limits/budgets/limit-figures.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { limitsTable } from "./limits-table.ts";
import type { Clock } from "../../ledger/clock.ts";

/** Shows the configured budgets by the built days, and the ended periods without a timely alert. */
export async function limits(flags: SettingFlags & { json?: boolean }, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const ledger = await openLedger(config, { log: openLog(), progress: silentProgress, clock, signs: false }, "cached");
  const budgets = ledger.rules.budgets();
  const now = ledger.work.clock();
  const days = budgets.length === 0 ? [] : [...(await loadLedgerState(ledger.stores.lake)).days.values()];
  const { current, ended } = await stateOfBudgets(ledger, budgets, days, now, false);
  const late = await findToldLate(ledger.stores.lake, ended);
  const asOf = endOfData(days, now);
  if (flags.json) printJson({ as_of: asOf?.toISOString() ?? null, limits: current.map(describeJson), ended: late.map(describeJson) });
  else if (budgets.length === 0) print("no budgets: set limits in aperture-ledger.yaml (docs/limits.md, aperture-ledger init writes an example)");
  else print(...limitsTable([...current, ...late], asOf, budgets.length - current.length));
  return 0;
}

function describeJson(state: LimitState): object {
  const { name, scope, period, ended, forecast, reached, forecastOver, unpriced } = state;
  const { amount_usd, spent_usd, left_usd, percent, elapsed_percent, pace, exhausted, ...figures } = limitFigures(state);
  return {
    name,
    scope,
    period: { unit: period.unit, name: period.name, from: period.from.toISOString(), to: period.to.toISOString(), timezone: period.timezone },
    ended_at: ended?.toISOString() ?? null,
    amount_usd,
    spent_usd,
    left_usd,
    percent,
    elapsed_percent,
    pace,
    forecast:
      forecast === null
        ? null
        : { method: forecast.method, expected_usd: figures.forecast_usd, low_usd: figures.forecast_low_usd, high_usd: figures.forecast_high_usd },
    forecast_over: forecastOver,
    exhausted,
    reached,
    unpriced_models: unpriced,
  };
}
