import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet } from "../../ledger/sql/sql-texts.ts";

/**
 * Which records of one gateway's day are the same request (docs/same-request.md).
 *
 * Records are the same request if they agree in time, in caller and in every identifier that both have, and share at least one. Ids
 * alone are not enough: a gateway that is reinstalled numbers from 1 again, and random capture ids of 32 bits collide.
 *
 * "Agree in every identifier that both have" is not transitive: a record without a record id agrees with two records that have different
 * ones. So each record is assigned to exactly one request:
 * - A record with both identifiers is the request of that pair.
 * - A record with one of them is the request of the pair that has it, or, if several have it, of the pair with the lowest other identifier.
 * - Where no pair has it, records with the same single identifier are one request.
 * The result depends only on the set of records, not on their order or number.
 */

/** SQL of a row's identifiers, its own or those of the request it belongs to. They need all rows of a day, including repetitions. */
const CAPTURE_ID_OF_REQUEST = "coalesce(capture_id, min(capture_id) OVER (PARTITION BY ts, caller, record_id))";
const RECORD_ID_OF_REQUEST = "coalesce(record_id, min(record_id) OVER (PARTITION BY ts, caller, capture_id))";

/**
 * SQL that selects `file_index` and `file_row_number` of the landed rows that are not kept: of the same request the one from the last
 * export is, by the time of the export, its name, the replacement under that name, and the place in the file.
 *
 * Few requests are landed twice. Repetitions agree in time and caller, so only rows are compared whose hash of both occurs twice.
 * @param landed name of the relation of a day's landed rows.
 */
export function supersededRows(landed: string): string {
  const moment = "hash(ts, caller)";
  return `
    SELECT file_index, file_row_number FROM (
      SELECT file_index, file_row_number, ts, caller, export_time, export, export_version, position,
        ${CAPTURE_ID_OF_REQUEST} AS own_capture_id, ${RECORD_ID_OF_REQUEST} AS own_record_id
      FROM ${landed}
      WHERE ${moment} IN (SELECT ${moment} FROM ${landed} GROUP BY ALL HAVING count(*) > 1) AND (capture_id IS NOT NULL OR record_id IS NOT NULL)
    )
    QUALIFY row_number() OVER (
      PARTITION BY ts, caller, own_capture_id, own_record_id
      ORDER BY export_time DESC, export DESC, export_version DESC, position DESC
    ) > 1`;
}

/**
 * Number of requests in a day's local `usage` table that share an identifier with a different request.
 * Two counts show that most days have none; only otherwise the identifiers are compared.
 */
export async function countIdentifiersUsedAgain(duck: DuckDBConnection, usage: string): Promise<number> {
  const table = readParquet(usage);
  const distinct = await duck.runAndReadAll(`
    SELECT count(capture_id) = count(DISTINCT hash(capture_id)) FILTER (capture_id IS NOT NULL) AND count(record_id) = count(DISTINCT record_id) FROM ${table}`);
  if (distinct.value(0, 0) === true) return 0;
  const usedAgain = (column: string): string => `${column} IN (SELECT ${column} FROM ${table} WHERE ${column} IS NOT NULL GROUP BY ALL HAVING count(*) > 1)`;
  const counted = await duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${table} WHERE ${usedAgain("capture_id")} OR ${usedAgain("record_id")}`);
  return Number(counted.value(0, 0));
}
