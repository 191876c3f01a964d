import { join } from "node:path";
import { z } from "zod";
import type { Span } from "../../allocation/settings/periods.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlNanodollars, sqlWithin } from "../../ledger/sql/sql-values.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { SessionCost } from "../anomalies/describe-anomaly.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** Selects the sessions of a tag, or of the given callers. */
export type SessionFilter = { tag: string } | { callers: readonly string[] };

const row = z
  .object({ session: z.string().nullable(), caller: z.string(), agent: z.string().nullable(), requests: z.bigint(), nanodollars: z.bigint() })
  .transform(({ requests, nanodollars, ...session }): SessionCost => ({ ...session, requests: Number(requests), cost: nanodollars }));

/**
 * The most expensive sessions in a span, largest first, without usage that callers pay for themselves.
 * @param days all days that overlap the span.
 */
export async function readSessions(
  lake: ObjectStore,
  days: readonly DayManifest[],
  { from, to }: Pick<Span, "from" | "to">,
  filter: SessionFilter,
  most: number,
): Promise<SessionCost[]> {
  const within = "tag" in filter ? `list_contains(tags, ${sqlText(filter.tag)})` : `caller IN (${filter.callers.map(sqlText).join(", ")})`;
  if (days.length === 0 || ("callers" in filter && filter.callers.length === 0)) return [];
  return await withWorkspace(async (workspace) => {
    const files: string[] = [];
    for (const [index, { usage }] of days.entries()) {
      const file = join(workspace, `usage-${String(index)}.parquet`);
      await downloadWritten(lake, usage, file);
      files.push(file);
    }
    return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const result = await duck.runAndReadAll(`
        SELECT session_id AS session, caller, min(agent) AS agent, count(*) AS requests,
          ${sqlNanodollars("sum(cost_usd::DECIMAL(38,9))")} AS nanodollars
        FROM ${readParquet(...files)}
        WHERE cost_usd > 0 AND NOT ${IS_LIST_VALUE} AND ${within}
          AND ${sqlWithin("ts", { from, to })}
        GROUP BY session_id, caller ORDER BY nanodollars DESC, session, caller LIMIT ${String(most)}`);
      return z.array(row).parse(result.getRowObjectsJS());
    });
  });
}
