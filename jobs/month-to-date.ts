import { reportMonth } from "../src/chargeback/report-month.ts";
import { LedgerError } from "../src/ledger/errors.ts";
import { monthAt } from "../src/ledger/months.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

/** Reports on the month to date, with its FOCUS files if the configuration wants them each night. */
export const handleMonthToDate: JobHandler = async (_, { openLedger, timezone, clock }) => {
  const ledger = await openLedger("cached");
  const { telling: { log }, rules: { report: { focus: { nightly } } } } = ledger;
  const month = monthAt(clock(), timezone);
  const reported = await reportMonth(ledger, month, nightly ? "with FOCUS" : "without FOCUS").catch((error: unknown) => {
    if (error instanceof LedgerError && error.code === "month_empty") return null;
    throw error;
  });
  if (reported === null) {
    log.info({ month }, "nothing is known about the month yet");
    return { month, files: {}, written: [] };
  }
  if ("closed" in reported) return { month, files: reported.closed.files, written: reported.closed.written };
  const { open, focus } = reported;
  log.info({ month, written: open.written, focus: focus?.written }, "month to date reported");
  return { month, files: open.files, written: open.written, ...(focus === null ? {} : { focus: { files: focus.files, written: focus.written } }) };
};
