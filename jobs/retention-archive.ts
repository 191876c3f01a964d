import { findClockDoubt } from "../src/archive/timekeeping/find-clock-doubt.ts";
import { retentionArchive } from "../src/archive/maintain-archive.ts";
import { loadLedgerState } from "../src/lake/ledger-state.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

export const handleRetentionArchive: JobHandler = async (_, { openLedger, clock }) => {
  const ledger = await openLedger("cached");
  const state = await loadLedgerState(ledger.stores.lake);
  const { signingKey, retention, purge } = ledger.work.archiving;
  // Without a key nothing is sealed, and nothing removed.
  const doubt = signingKey === undefined ? undefined : await findClockDoubt(ledger, state, clock(), retention.length > 0 && purge === "apply" ? "purge" : "seal");
  const checked = await retentionArchive(ledger, state, doubt);
  ledger.telling.log.info({ exports: checked.exports, without_copy: checked.without_copy.length, sealed: checked.sealed, retention: checked.retention }, "archive checked");
  return checked;
};
