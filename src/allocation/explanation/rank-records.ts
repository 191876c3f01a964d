import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { findLargest, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { COST_NANODOLLARS, sqlPlaceAmong, sqlWithin } from "../../ledger/sql/sql-values.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { REQUEST_COLUMNS, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { sqlSameKey, toUsageKey, type UsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import { IS_LIST_VALUE, isListValue } from "../../ledger/usage/usage-record.ts";
import type { Span } from "../settings/periods.ts";
import type { SpanAllocation } from "../shares/allocate-span.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../shares/span-tables.ts";
import { USAGE_KEY } from "../shares/usage-tables.ts";

/** A record that a team pays for, wholly or in part. */
export interface TeamRecord {
  usage: UsageKey;
  at: Date;
  captureId: string | null;
  recordId: bigint | null;
  export: string;
  cost: Nanodollars;
  /** The team's share of the record, in units of 1e-9. */
  share: bigint;
  /** The team's part of the cost. Parts within a quarter of an hour are rounded together, so a part may differ from its share of the cost by a nanodollar. */
  part: Nanodollars;
  /** The sum of discounts, markups, changes by invoices, and amounts that charges cover. */
  adjustments: Nanodollars;
}

export interface RankedRecords {
  /** The records that the team pays most for, most expensive first. */
  listed: TeamRecord[];
  /** All records that the team pays for at least in part, including `listed`. They add up to the team's figures. */
  all: { count: number; owed: Nanodollars; listValue: Nanodollars };
}

const TABLES = ["team_key", "team_record", "record_part"] as const;

const rankedRow = z
  .object({
    ...usageKeyColumns,
    micros: z.bigint(),
    cost: z.bigint(),
    share: z.bigint(),
    part: z.bigint(),
    adjustments: z.bigint(),
    capture_id: z.string().nullable(),
    record_id: z.bigint().nullable(),
    export: z.string(),
  })
  .transform(({ micros, cost, share, part, adjustments, capture_id, record_id, export: name, ...key }): TeamRecord => ({
    usage: toUsageKey(key),
    at: new Date(Number(micros / 1000n)),
    captureId: capture_id,
    recordId: record_id,
    export: name,
    cost,
    share,
    part,
    adjustments,
  }));

/**
 * Divides what a team pays in an allocated span over the records it pays for, in proportion to their cost and exact to the nanodollar. Works inside
 * the database. @param files local `usage` files of the span @param most number of records to list
 */
export async function rankRecords(
  duck: DuckDBConnection,
  { files, span, team, most, pieces }: { files: readonly string[]; span: Span; team: string; most: number } & Pick<SpanAllocation, "pieces">,
): Promise<RankedRecords> {
  if (files.length === 0) return { listed: [], all: { count: 0, owed: 0n, listValue: 0n } };
  try {
    await duck.run(`CREATE TEMP TABLE team_key AS
      SELECT piece, key_id, coalesce(sum(share), 0)::HUGEINT AS share, ${sumOf("part", "method <> 'adjustment'")}, ${sumOf("adjustments", "method = 'adjustment'")}
      FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) WHERE team = ${sqlText(team)} GROUP BY piece, key_id`);
    await duck.run(`CREATE TEMP TABLE team_record AS
      SELECT (row_number() OVER (ORDER BY ${REQUEST_COLUMNS.map((name) => `used.${name} NULLS FIRST`).join(", ")}))::INTEGER AS record_no, piece, key_id,
        epoch_us(used.ts) AS micros, coalesce(${COST_NANODOLLARS}, 0)::HUGEINT AS cost, capture_id, used.record_id, export
      FROM (SELECT * REPLACE (map_entries(dimensions) AS dimensions), ${sqlPlaceAmong("ts", pieces.map(({ from }) => from))} AS piece FROM ${readParquet(...files)} WHERE ${sqlWithin("ts", span)}) AS used
      JOIN ${USAGE_KEY} ON ${sqlSameKey("used", USAGE_KEY)} SEMI JOIN team_key USING (piece, key_id)`);
    await duck.run("CREATE TEMP TABLE record_part (record_no INTEGER, part HUGEINT, adjustments HUGEINT)");
    for (const column of ["part", "adjustments"] as const) await divideOver(duck, column, "JOIN team_key USING (piece, key_id)", "cost", ["piece", "key_id"]);
    // Changes by invoices belong to the whole span, not to a piece of it.
    const invoiced = "(SELECT key_id, adjustments FROM team_key WHERE piece IS NULL)";
    const paid = "(SELECT record_no, sum(part)::HUGEINT AS paid FROM record_part GROUP BY record_no)";
    await divideOver(duck, "adjustments", `JOIN ${invoiced} USING (key_id) LEFT JOIN ${paid} USING (record_no)`, "CASE WHEN sum(coalesce(paid, 0)) OVER (PARTITION BY key_id) > 0 THEN coalesce(paid, 0) ELSE 1 END", ["key_id"]);
    return { listed: await listMost(duck, most), all: await sumUp(duck) };
  } finally {
    for (const table of TABLES) await duck.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

function sumOf(column: string, condition: string): string {
  return `coalesce(sum(cost) FILTER (${condition}), 0)::HUGEINT AS ${column}`;
}

/** Adds each record's part of a sum. @param whole columns that are equal in all records that share a sum */
async function divideOver(duck: DuckDBConnection, column: "part" | "adjustments", joined: string, weight: string, whole: readonly string[]): Promise<void> {
  const of = whole.join(", ");
  const weighed = `SELECT record_no, record_no AS place, ${of}, ${column} AS amount, (${weight})::HUGEINT AS weight FROM team_record ${joined} WHERE ${column} <> 0`;
  const parts = `SELECT * FROM (SELECT *, (sum(weight) OVER (PARTITION BY ${of}))::HUGEINT AS all_weights FROM (${weighed})) WHERE all_weights > 0`;
  const split = sqlSplit(parts, whole, await findLargest(duck, parts));
  const [part, adjustments] = column === "part" ? ["amount", "0"] : ["0", "amount"];
  await duck.run(`INSERT INTO record_part SELECT record_no, ${part}, ${adjustments} FROM ${split} WHERE amount <> 0`);
}

const PAID = "(SELECT record_no, sum(part)::HUGEINT AS part, sum(adjustments)::HUGEINT AS adjustments FROM record_part GROUP BY record_no)";

async function listMost(duck: DuckDBConnection, most: number): Promise<TeamRecord[]> {
  const result = await duck.runAndReadAll(`
    SELECT ${USAGE_KEYS.join(", ")}, micros, cost, share, paid.part, paid.adjustments, capture_id, record_id, export
    FROM (FROM ${PAID} ORDER BY part + adjustments DESC, record_no LIMIT ${String(most)}) AS paid
    JOIN team_record USING (record_no) JOIN team_key USING (piece, key_id) JOIN ${USAGE_KEY} USING (key_id)
    ORDER BY paid.part + paid.adjustments DESC, record_no`);
  return z.array(rankedRow).parse(result.getRowObjectsJS());
}

function sumPaid(condition: string): string {
  return `coalesce(sum(part + adjustments) FILTER (${condition}), 0)::HUGEINT`;
}

async function sumUp(duck: DuckDBConnection): Promise<RankedRecords["all"]> {
  const result = await duck.runAndReadAll(`SELECT count(*)::DOUBLE AS count, ${sumPaid(`NOT ${IS_LIST_VALUE}`)} AS owed, ${sumPaid(IS_LIST_VALUE)} AS "listValue"
    FROM ${PAID} JOIN team_record USING (record_no) JOIN ${USAGE_KEY} USING (key_id)`);
  const [sums] = z.array(z.object({ count: z.number(), owed: z.bigint(), listValue: z.bigint() })).parse(result.getRowObjectsJS());
  if (sums === undefined) throw new RangeError("a sum has one row");
  return sums;
}

/** The sums of the records that are not listed. */
export function sumOthers({ listed, all }: RankedRecords): RankedRecords["all"] {
  const sum = (ofListValue: boolean): bigint =>
    listed.reduce((total, { usage, part, adjustments }) => (isListValue(usage.billing) === ofListValue ? total + part + adjustments : total), 0n);
  return { count: all.count - listed.length, owed: all.owed - sum(false), listValue: all.listValue - sum(true) };
}
