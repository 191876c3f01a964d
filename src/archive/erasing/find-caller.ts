import { rm } from "node:fs/promises";
import { join } from "node:path";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { type KnownExport, loadLedgerState } from "../../lake/ledger-state.ts";
import { mayHaveCaller } from "../../lake/landing/quarantined-money.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** A caller's requests of one session in an export. */
interface SessionOfCaller {
  caller: string;
  session: string | null;
  /** Times of the first and last request. */
  from: Date;
  to: Date;
}

export interface ExportOfCaller {
  known: KnownExport;
  sessions: SessionOfCaller[];
  /** Whether quarantined records may be theirs; their session and time may be unknown. */
  mayBeQuarantined: boolean;
}

/** The ingested exports with requests of one of these callers, including duplicates and quarantined records. */
export async function findCaller(lake: ObjectStore, callers: readonly string[], workspace: string): Promise<ExportOfCaller[]> {
  const exports = [...(await loadLedgerState(lake)).exports.values()].filter(({ landing, quarantine }) => landing.length > 0 || quarantine !== null);
  return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
    const found: ExportOfCaller[] = [];
    for (const known of exports) {
      const mayBeQuarantined = callers.some((caller) => mayHaveCaller(known.readable, caller));
      if (known.landing.length === 0) {
        if (mayBeQuarantined) found.push({ known, sessions: [], mayBeQuarantined });
        continue;
      }
      const files = known.landing.map((_, i) => join(workspace, `landing-${String(i)}.parquet`));
      for (const [i, { key }] of known.landing.entries()) await lake.download(key, files[i] ?? "");
      const wanted = callers.map(sqlText).join(", ");
      const reader = await duck.runAndReadAll(
        `SELECT caller, session_id, min(ts)::DOUBLE, max(ts)::DOUBLE FROM ${readParquet(...files)} WHERE caller IN (${wanted}) GROUP BY ALL ORDER BY ALL`,
      );
      const sessions = reader.getRows().map(([caller, session, from, to]): SessionOfCaller => ({
        caller: String(caller),
        session: typeof session === "string" ? session : null,
        from: new Date(Number(from) / 1000),
        to: new Date(Number(to) / 1000),
      }));
      if (sessions.length > 0 || mayBeQuarantined) found.push({ known, sessions, mayBeQuarantined });
      for (const file of files) await rm(file, { force: true });
    }
    return found;
  });
}
