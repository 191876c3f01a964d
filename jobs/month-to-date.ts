import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { reportMonth } from "../src/chargeback/report-month.ts";
import { LedgerError } from "../src/ledger/errors.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

/** Reports on the current month as far as it is known; with its FOCUS files where the configuration wants them each night. */
export const handleMonthToDate: JobHandler = async (_, { openLedger, timezone, clock }) => {
  const ledger = await openLedger("cached");
  const { telling: { log }, rules: { report: { focus: { nightly } } } } = ledger;
  const month = format(new TZDate(clock().getTime(), timezone), "yyyy-MM");
  const reported = await reportMonth(ledger, month, nightly ? "with FOCUS" : "without FOCUS").catch((error: unknown) => {
    if (error instanceof LedgerError && error.code === "month_empty") return null;
    throw error;
  });
  if (reported === null) {
    log.info({ month }, "nothing of the month is known yet");
    return { month, files: {}, written: [] };
  }
  if ("closed" in reported) return { month, files: reported.closed.files, written: reported.closed.written };
  const { open, focus } = reported;
  log.info({ month, written: open.written, focus: focus?.written }, "month to date reported");
  return { month, files: open.files, written: open.written, ...(focus === null ? {} : { focus: { files: focus.files, written: focus.written } }) };
};
