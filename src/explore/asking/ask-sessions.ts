import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlWithin } from "../../ledger/sql/sql-values.ts";
import { readUsage } from "../../ledger/usage/older-files.ts";
import { STATUS_CLASS } from "../../ledger/usage/status-class.ts";
import { ANY_COUNT, TOKEN_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { dimensionColumns, propertiesOf } from "../question/property.ts";
import type { Figures, QuestionSettings } from "../question/question.ts";
import type { Asking } from "./rollup-rows.ts";
import { boundsOf } from "./sql-day.ts";
import { ADD_FIGURES, figureColumns, sqlLargestFirst, SUM_FIGURES, toFigures } from "./sql-figures.ts";
import { sqlFilters } from "./sql-filters.ts";

/** Sessions that one page lists. */
const MOST_SESSIONS = 200;
const MOST_MODELS = 3;

/** The requests of one caller in one session. */
export interface SessionRow {
  session: string;
  instance: string;
  caller: string;
  /** The first by name; `models` is the number of all. */
  modelsShown: readonly string[];
  models: number;
  /** Times of the first and of the last request. */
  first: Date;
  last: Date;
  figures: Figures;
}

export interface SessionsAnswer {
  /** All requests of the question. */
  total: Figures;
  /** The largest first. */
  rows: readonly SessionRow[];
  /** Sessions that are not listed, added up. */
  others: { count: number; figures: Figures } | null;
  /** Requests without a session, added up. */
  without: Figures | null;
}

const SESSIONS = "explored_sessions";

const sessionRow = z.object({ session: z.string(), instance: z.string(), caller: z.string(), models: z.array(z.string()), first: z.bigint(), last: z.bigint(), ...figureColumns });

/** Lists the sessions of a question with the largest measure. @param files local files with the usage of all days of the span, at least one */
export async function askSessions(duck: DuckDBConnection, files: readonly string[], { span, filters, measure }: Asking, { timezone, dimensions }: QuestionSettings): Promise<SessionsAnswer> {
  const { sql, values } = sqlFilters(filters, propertiesOf(dimensions));
  const counts = TOKEN_COLUMNS.map(({ name }) => name).join(", ");
  // A row of usage is one request; the figures are those of rollups.
  const requests = `(SELECT * FROM (SELECT ts, instance, coalesce(session_id, '') AS session, caller, caller_type, tags, agent, provider, model, billing, service_tier, speed, inference_geo, ${[...dimensionColumns(dimensions), ""].join(", ")}${STATUS_CLASS} AS status_class,
      ${counts}, cost_usd::DECIMAL(38,9) AS cost_usd, 1 AS requests, (cost_usd IS NULL AND ${ANY_COUNT})::INTEGER AS unpriced_requests FROM ${readUsage(...files)})
    WHERE ${sqlWithin("ts", boundsOf(span, timezone))} AND ${sql})`;
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${SESSIONS} AS SELECT session, instance, caller, epoch_ms(min(ts)) AS first, epoch_ms(max(ts)) AS last, ${SUM_FIGURES} FROM ${requests} GROUP BY ALL`, values);
  const largest = `(FROM ${SESSIONS} WHERE session <> '' ORDER BY ${sqlLargestFirst(measure, "session", "instance", "caller")} LIMIT ${String(MOST_SESSIONS)})`;
  const found = await duck.runAndReadAll(`WITH largest AS MATERIALIZED ${largest}
    SELECT largest.*, models FROM largest JOIN (SELECT session, instance, caller, list_sort(list(DISTINCT model)) AS models FROM ${requests} SEMI JOIN largest USING (session, instance, caller) GROUP BY ALL) USING (session, instance, caller)
    ORDER BY ${sqlLargestFirst(measure, "session", "instance", "caller")}`, values);
  const rows = z.array(sessionRow).parse(found.getRowObjectsJS());
  const rest = await duck.runAndReadAll(`SELECT session <> '' AS has_session, count(*)::INTEGER AS count, ${ADD_FIGURES} FROM ${SESSIONS} ANTI JOIN ${largest} AS largest USING (session, instance, caller) GROUP BY ALL`);
  const unlisted = z.array(z.object({ has_session: z.boolean(), count: z.number(), ...figureColumns })).parse(rest.getRowObjectsJS());
  const [others, without] = [true, false].map((has) => unlisted.find(({ has_session }) => has_session === has));
  const all = await duck.runAndReadAll(`SELECT ${ADD_FIGURES} FROM ${SESSIONS}`);
  return {
    total: toFigures(z.tuple([z.object(figureColumns)]).parse(all.getRowObjectsJS())[0]),
    rows: rows.map(({ models, first, last, session, instance, caller, ...figures }) => ({
      session, instance, caller, models: models.length, modelsShown: models.slice(0, MOST_MODELS), first: new Date(Number(first)), last: new Date(Number(last)), figures: toFigures(figures),
    })),
    others: others === undefined ? null : { count: others.count, figures: toFigures(others) },
    without: without === undefined ? null : toFigures(without),
  };
}
