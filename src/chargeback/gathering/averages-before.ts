import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { findClose } from "../../lake/records/close-record.ts";
import { closedFile, readClosed } from "../../lake/records/closed-files.ts";
import { billionths, dollarsText, requireDollars } from "../../ledger/dollars.ts";
import { divideRounding } from "../../ledger/money.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { nameTeam } from "../report/name-team.ts";
import { REPORT_FILES } from "../report/render-report.ts";
import type { AveragesBefore } from "../sections/each-team/averages.ts";

const personRow = z.tuple([z.string(), z.string().nullable(), billionths, z.bigint()]);

const closedReport = z.object({
  insights: z.object({ teams: z.array(z.object({ team: z.string(), cost_center: z.string().nullable(), per_session_usd: dollarsText.nullable() })) }),
});

/**
 * What each team and cost centre owed per active person in a month, by `nameTeam`; and per session where the month is closed, since sessions are not
 * counted again for a comparison. @param table local copy of the month's allocations
 */
export async function readAverages(lake: ObjectStore, duck: DuckDBConnection, { month, table }: { month: string; table: string }): Promise<Map<string, AveragesBefore>> {
  const perSession = await readClosedSessions(lake, month);
  const result = await duck.runAndReadAll(`
    SELECT team, cost_center, coalesce(sum(owed), 0)::DECIMAL(38,9)::VARCHAR, count(*) FILTER (caller_type = 'user' AND requests > 0)::BIGINT
    FROM (SELECT team, cost_center, caller, caller_type, sum(requests) AS requests, sum(cost_usd) FILTER (NOT ${IS_LIST_VALUE}) AS owed FROM ${readParquet(table)} GROUP BY ALL)
    GROUP BY ALL`);
  return new Map(result.getRowsJS().map((row) => {
    const [team, costCenter, owed, people] = personRow.parse(row);
    const name = nameTeam({ team, costCenter });
    return [name, { perActivePerson: people === 0n ? null : divideRounding(owed, people), perSession: perSession.get(name) ?? null }];
  }));
}

async function readClosedSessions(lake: ObjectStore, month: string): Promise<Map<string, bigint>> {
  const record = await findClose(lake, month);
  if (record === undefined) return new Map();
  const bytes = await readClosed(lake, closedFile(lake, record, REPORT_FILES.json));
  const read = closedReport.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  // Reports of the first versions had no insights.
  if (!read.success) return new Map();
  const written = read.data.insights.teams.flatMap(({ team, cost_center, per_session_usd: usd }) => (usd === null ? [] : [{ name: nameTeam({ team, costCenter: cost_center }), usd }]));
  return new Map(written.map(({ name, usd }) => [name, requireDollars(usd, { what: `an average in the report of ${month}`, code: "manifest_unreadable", remedy: "restore the files of the close from a backup" })]));
}
