import { join } from "node:path";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import type { QuotaRequest } from "../quotas/quota-request.ts";
import { readRequests } from "../quotas/read-requests.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";

/**
 * Passes the requests of a ledger before an instant to `take`, in order of time; only one day is on the disk at a time.
 * @param take may return a promise, which is awaited; returning nothing is faster.
 */
export async function eachRequest(lake: ObjectStore, before: Date, take: (request: QuotaRequest) => Promise<void> | undefined): Promise<void> {
  const days = [...(await loadLedgerState(lake)).days.values()].filter(({ date }) => Date.parse(date) < before.getTime());
  const byDate = [...Map.groupBy(days, ({ date }) => date)].sort(([a], [b]) => (a < b ? -1 : 1));
  if (byDate.length === 0) return;
  await withWorkspace(async (workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      for (const [, ofDate] of byDate) {
        const files: string[] = [];
        for (const { usage } of ofDate) {
          const file = join(workspace, `usage-${String(files.length)}.parquet`);
          await downloadWritten(lake, usage, file);
          files.push(file);
        }
        for await (const request of readRequests(duck, files, before)) {
          const pending = take(request);
          if (pending !== undefined) await pending;
        }
      }
    }),
  );
}
