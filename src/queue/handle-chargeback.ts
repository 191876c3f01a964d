import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMonths } from "date-fns/subMonths";
import { reportMonth } from "../../jobs/report-month.ts";
import type { JobHandler } from "./job-handler.ts";

/** Of the month before the one that the clock is in. */
export const handleMonthlyChargeback: JobHandler = async (_, { openLedger, timezone, clock }) => {
  const ledger = await openLedger("is as kept");
  const month = format(subMonths(new TZDate(clock().getTime(), timezone), 1), "yyyy-MM");
  const reported = await reportMonth(ledger, month);
  const { files, written } = "closed" in reported ? reported.closed : reported.open;
  ledger.log.info({ month, written }, "month reported");
  return { month, files, written };
};
