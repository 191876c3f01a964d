import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMonths } from "date-fns/subMonths";
import { allocateFor } from "../../jobs/allocate-months.ts";
import { exportFocus } from "../../jobs/export-focus.ts";
import { monthlyChargeback } from "../../jobs/monthly-chargeback.ts";
import type { JobHandler } from "./job-handler.ts";

/** Of the month before the one that the clock is in. */
export const handleMonthlyChargeback: JobHandler = async (_, { openLedger, timezone, clock }) => {
  const ledger = await openLedger("is as kept");
  const { lake, log, pricingOf } = ledger;
  const month = format(subMonths(new TZDate(clock().getTime(), timezone), 1), "yyyy-MM");
  const { files, written } = await monthlyChargeback(lake, month, timezone, { ...ledger.report, allocate: allocateFor(ledger), pricingOf });
  const focus = await exportFocus(ledger, month);
  log.info({ month, written, focus: focus?.written }, "month reported");
  return { month, files, written, focus: focus === undefined ? null : { files: focus.files, written: focus.written } };
};
