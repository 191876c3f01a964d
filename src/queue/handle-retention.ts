import { retentionArchive } from "../../jobs/retention-archive.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { JobHandler } from "./job-handler.ts";

export const handleRetentionArchive: JobHandler = async (_, { openLedger }) => {
  const ledger = await openLedger("is as kept");
  const checked = await retentionArchive(ledger, await loadLedgerState(ledger.lake));
  ledger.log.info({ exports: checked.exports, without_copy: checked.without_copy.length, sealed: checked.sealed, retention: checked.retention }, "archive checked");
  return checked;
};
