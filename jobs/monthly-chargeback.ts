import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMonths } from "date-fns/subMonths";
import { deliverMonth } from "../src/chargeback/deliver-month.ts";
import { reportMonth } from "../src/chargeback/report-month.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

/** Reports on the previous month, and sends the report to the recipients in the configuration. */
export const handleMonthlyChargeback: JobHandler = async (_, { openLedger, timezone, clock }) => {
  const ledger = await openLedger("cached");
  const month = format(subMonths(new TZDate(clock().getTime(), timezone), 1), "yyyy-MM");
  const reported = await reportMonth(ledger, month);
  const delivered = await deliverMonth(ledger, reported);
  const deliveries = delivered === undefined ? {} : { delivered: delivered.reports.length };
  if ("closed" in reported) {
    const { files, written } = reported.closed;
    ledger.telling.log.info({ month, written }, "closed month served");
    return { month, files, written, ...deliveries };
  }
  const { open, focus } = reported;
  ledger.telling.log.info({ month, written: open.written, focus: focus.written }, "month reported");
  return { month, files: open.files, written: open.written, focus: { files: focus.files, written: focus.written }, ...deliveries };
};
