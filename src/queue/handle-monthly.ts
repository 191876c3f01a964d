import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMonths } from "date-fns/subMonths";
import { monthlyChargeback } from "../../jobs/monthly-chargeback.ts";
import { retentionArchive } from "../../jobs/retention-archive.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { JobHandler } from "./job-handler.ts";

/** Of the month before the one that the clock is in. */
export const handleMonthlyChargeback: JobHandler = async (_, { openLedger, timezone, clock }) => {
  const { lake, log } = await openLedger("is as kept");
  const month = format(subMonths(new TZDate(clock().getTime(), timezone), 1), "yyyy-MM");
  const { files, written } = await monthlyChargeback(lake, month, timezone);
  log.info({ month, written }, "month reported");
  return { month, files, written };
};

export const handleRetentionArchive: JobHandler = async (_, { openLedger }) => {
  const ledger = await openLedger("is as kept");
  const checked = await retentionArchive(ledger, await loadLedgerState(ledger.lake));
  ledger.log.info({ exports: checked.exports, without_copy: checked.without_copy.length }, "archive checked");
  return checked;
};
