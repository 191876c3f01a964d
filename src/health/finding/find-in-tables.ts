import { z } from "zod";
import { type DayManifest, rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import type { HealthKind } from "../../ledger/alert-kinds.ts";
import { addDays, startOfDay } from "../../ledger/days.ts";
import { utcDate } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Condition } from "../conditions/condition.ts";
import type { HealthSettings } from "../conditions/health-settings.ts";

/** The kinds of conditions that only tables show. */
export const BY_TABLES: ReadonlySet<HealthKind> = new Set<HealthKind>(["unpriced", "no_capture"]);

/** How many days back requests are checked. Older requests were in earlier reports. */
const UNPRICED_DAYS = 31;
const CAPTURE_DAYS = 7;
/** With fewer requests than this the share is not judged. */
const LEAST_REQUESTS = 100;

/** Whether a day is recent and has an unpriced request. */
export function isUnpriced({ date, totals }: DayManifest, now: Date): boolean {
  return totals.unpriced_requests > 0 && date >= addDays(utcDate(now), -UNPRICED_DAYS);
}

export interface TableView {
  /** Names of the gateways. */
  gateways: readonly string[];
  /** The built days. */
  days: readonly DayManifest[];
}

/** Models without a price, and requests without a capture, of each gateway. */
export async function findInTables(lake: ObjectStore, { gateways, days }: TableView, settings: HealthSettings, now: Date): Promise<Condition[]> {
  const conditions: Condition[] = [];
  for (const instance of gateways.toSorted()) {
    const ofInstance = days.filter((day) => day.instance === instance);
    const captured = ofInstance.filter(({ date }) => date >= addDays(utcDate(now), -CAPTURE_DAYS));
    conditions.push(...(await findUnpriced(lake, instance, ofInstance.filter((day) => isUnpriced(day, now)))), ...(await findUncaptured(lake, instance, captured, settings)));
  }
  return conditions;
}

const unpricedRow = z.object({ model: z.string(), requests: z.number(), first: z.string() });

async function findUnpriced(lake: ObjectStore, subject: string, days: readonly DayManifest[]): Promise<Condition[]> {
  const models = await query(lake, days, unpricedRow, (rollups) => `
    SELECT provider || '/' || model AS model, sum(unpriced_requests)::DOUBLE AS requests, strftime(min(slot), '%Y-%m-%d') AS first
    FROM ${rollups} WHERE unpriced_requests > 0 GROUP BY ALL ORDER BY ALL`);
  if (models.length === 0) return [];
  const first = models.map((one) => one.first).reduce((a, b) => (a < b ? a : b));
  const requests = models.reduce((sum, one) => sum + one.requests, 0);
  const facts = models.map((one) => `${one.model}: ${String(one.requests)} requests since ${one.first}`);
  return [{ kind: "unpriced", subject, since: startOfDay(first, "UTC"), members: models.map(({ model }) => model), facts, figures: { models: models.length, requests } }];
}

const capturedRow = z.object({ requests: z.number(), without: z.number() });

/** Every capture has headers, and every client sends its name in one of them. */
async function findUncaptured(lake: ObjectStore, subject: string, days: readonly DayManifest[], { noCapturePercent }: HealthSettings): Promise<Condition[]> {
  const [counted] = await query(lake, days, capturedRow, (rollups) => `
    SELECT coalesce(sum(requests), 0)::DOUBLE AS requests, coalesce(sum(requests) FILTER (agent IS NULL AND len(map_keys(dimensions)) = 0), 0)::DOUBLE AS without FROM ${rollups}`);
  const first = days[0];
  if (counted === undefined || first === undefined || counted.requests < LEAST_REQUESTS) return [];
  if (100 * counted.without <= noCapturePercent * counted.requests) return [];
  const percent = Math.floor((1000 * counted.without) / counted.requests) / 10;
  const fact = `${String(counted.without)} of ${String(counted.requests)} requests of the last ${String(CAPTURE_DAYS)} days (${String(percent)} %) have no captured header`;
  const since = days.map(({ date }) => date).reduce((a, b) => (a < b ? a : b));
  return [{ kind: "no_capture", subject, since: startOfDay(since, "UTC"), members: [], facts: [fact], figures: { percent, requests: counted.requests, without_capture: counted.without } }];
}

async function query<Row>(lake: ObjectStore, days: readonly DayManifest[], row: z.ZodType<Row>, statement: (rollups: string) => string): Promise<Row[]> {
  if (days.length === 0) return [];
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, days, workspace);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(days, "rollups") }, async (duck) => z.array(row).parse((await duck.runAndReadAll(statement(readParquet(...files)))).getRowObjectsJS()));
  });
}
