import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { exchange, type ExchangeRate } from "../../ledger/exchange-rate.ts";
import { divideRounding, formatBookedCents, formatCents, type Nanodollars, NANODOLLARS_PER_CENT } from "../../ledger/money.ts";
import { dayOf } from "../../ledger/days.ts";
import type { LimitState } from "./limit-state.ts";

/** `$1,234.56`, rounded to the cent. */
export function showDollars(amount: Nanodollars): string {
  const cents = divideRounding(amount, NANODOLLARS_PER_CENT);
  return cents < 0n ? `-$${formatCents(-cents)}` : `$${formatCents(cents)}`;
}

/** The amount in another currency, rounded to a hundredth of it: `1234.56`. */
export function showSecond(amount: Nanodollars, rate: ExchangeRate): string {
  return formatBookedCents(divideRounding(exchange(amount, rate), NANODOLLARS_PER_CENT));
}

/** The day, or for a daily budget the instant in its time zone: `2026-10-05`, `2026-10-05 17:12`. */
export function showExhaustion({ exhausted, period }: Pick<LimitState, "exhausted" | "period">): string | null {
  if (exhausted === null) return null;
  return period.unit === "day" ? showTime(exhausted, period.timezone) : dayOf(exhausted, period.timezone);
}

/** `2026-10-05 17:12` in the time zone. */
export function showTime(instant: Date, timezone: string): string {
  return format(new TZDate(instant.getTime(), timezone), "yyyy-MM-dd HH:mm");
}

/** `$590.00 ($540.00 to $640.00, seasonal)` */
export function showForecast({ forecast }: Pick<LimitState, "forecast">): string {
  if (forecast === null) return "none: there is no usage to base it on yet";
  const { method, expected, low, high } = forecast;
  return `${showDollars(expected)} (${showDollars(low)} to ${showDollars(high)}, ${method})`;
}
