import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { fetchUsage } from "../lake/days/fetch-usage.ts";
import { addDays } from "../ledger/days.ts";
import { HOUR_MS } from "../ledger/durations.ts";
import { utcDate } from "../ledger/months.ts";
import { appendRows } from "../ledger/sql/append-rows.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../ledger/sql/sql-texts.ts";
import { coverageOf } from "../limits/checking/coverage.ts";
import type { LiveRequests } from "../limits/live/live-requests.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { findUnbrought, type UnbroughtHour, type WitnessedHour } from "./unbrought-requests.ts";

/** The requests that hooks reported in hours that the exports of built days cover. */
export interface HookWitness {
  /** Number of requests that were compared. */
  compared: number;
  /** Hours in which something is missing, by gateway and time. */
  unbrought: UnbroughtHour[];
}

/**
 * Compares the requests that hooks reported with the requests in exports, hour by hour, up to each gateway's last export in a built day. Besides the
 * record ids this is a second witness. A late export may still bring a missing request. @param days manifests of all built days.
 */
export async function witnessHooks(lake: ObjectStore, requests: LiveRequests, days: readonly DayManifest[]): Promise<HookWitness> {
  return await withWorkspace(async (workspace) => await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
    await keepCovered(duck, requests, coverageOf(days));
    const unbrought: UnbroughtHour[] = [];
    let compared = 0;
    for (const { instance, count, first, last } of await query(duck, gatewayRow, GATEWAYS)) {
      compared += count;
      const near = days.filter((day) => day.instance === instance && day.date >= addDays(utcDate(timeOf(first)), -1) && day.date <= addDays(utcDate(timeOf(last)), 1));
      unbrought.push(...findUnbrought(instance, await readHours(duck, lake, instance, near)));
    }
    return { compared, unbrought };
  }));
}

/** Hours are counted from 1970 on. */
const HOOKED = "CREATE TEMP TABLE hooked (instance VARCHAR, request_id VARCHAR, hour INTEGER)";
const ROWS_AT_ONCE = 10_000;

/** Hooks may have reported millions of requests, which the database puts aside. */
async function keepCovered(duck: DuckDBConnection, requests: LiveRequests, coveredUntil: ReadonlyMap<string, Date>): Promise<void> {
  await duck.run(HOOKED);
  let rows: [string, string, number][] = [];
  for await (const { instance, requestId, minute } of requests.seen()) {
    const hour = Math.floor(minute.getTime() / HOUR_MS);
    if ((hour + 1) * HOUR_MS > (coveredUntil.get(instance)?.getTime() ?? 0)) continue;
    rows.push([instance, requestId, hour]);
    if (rows.length < ROWS_AT_ONCE) continue;
    await appendRows(duck, "hooked", rows);
    rows = [];
  }
  await appendRows(duck, "hooked", rows);
}

const gatewayRow = z.object({ instance: z.string(), count: z.number(), first: z.number(), last: z.number() });
const GATEWAYS = "SELECT instance, count(DISTINCT request_id)::INTEGER AS count, min(hour) AS first, max(hour) AS last FROM hooked GROUP BY instance ORDER BY instance";

const hourRow = z.object({ hour: z.number(), hooks: z.number(), known: z.number(), exports: z.number(), unnamed: z.number() });

/** A request is recorded at about the time of its hook, so the ids of the day before and the day after are read as well. */
async function readHours(duck: DuckDBConnection, lake: ObjectStore, instance: string, days: readonly DayManifest[]): Promise<WitnessedHour[]> {
  return await withWorkspace(async (workspace) => {
    const files = (await fetchUsage(lake, days, workspace)).map(({ file }) => file);
    const usage = files.length === 0 ? "(SELECT NULL::VARCHAR AS capture_id, NULL::TIMESTAMPTZ AS ts LIMIT 0)" : readParquet(...files);
    const rows = await query(duck, hourRow, `
      WITH seen AS (SELECT request_id, min(hour) AS hour FROM hooked WHERE instance = ${sqlText(instance)} GROUP BY request_id),
        brought AS (SELECT capture_id, (epoch_ms(ts) // ${String(HOUR_MS)})::INTEGER AS hour FROM ${usage}),
        named AS (SELECT DISTINCT capture_id FROM brought),
        reported AS (SELECT hour, count(*) AS hooks, count(capture_id) AS known FROM seen LEFT JOIN named ON capture_id = request_id GROUP BY hour),
        recorded AS (SELECT hour, count(*) AS exports, count(*) FILTER (capture_id IS NULL) AS unnamed FROM brought GROUP BY hour)
      SELECT hour, hooks::INTEGER AS hooks, known::INTEGER AS known, coalesce(exports, 0)::INTEGER AS exports, coalesce(unnamed, 0)::INTEGER AS unnamed
      FROM reported LEFT JOIN recorded USING (hour) ORDER BY hour`);
    return rows.map(({ hour, ...counts }) => ({ hour: timeOf(hour), ...counts }));
  });
}

async function query<Row>(duck: DuckDBConnection, row: z.ZodType<Row>, statement: string): Promise<Row[]> {
  return z.array(row).parse((await duck.runAndReadAll(statement)).getRowObjectsJS());
}

function timeOf(hour: number): Date {
  return new Date(hour * HOUR_MS);
}
