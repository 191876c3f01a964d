import { TERMS } from "../../ledger/usage/terms.ts";
import { ADDED_TOKENS, USAGE_COLUMNS, type UsageColumn } from "../../ledger/usage/usage-columns.ts";
import { LARGE_COUNTS, type LandedColumns } from "./landed-columns.ts";

/** The columns that choose between duplicates. */
export const ORIGIN_COLUMNS = [
  { name: "export_time", type: "timestamp", nullable: false },
  { name: "export_version", type: "integer", nullable: false },
  { name: "position", type: "bigint", nullable: false },
] as const satisfies readonly UsageColumn[];

/** Further facts of a request in landing files: the day's manifest summarises them, and no table has them. */
export const FACT_COLUMNS = [
  { name: "billing_assumed", type: "boolean", nullable: false },
  { name: "unknown_counts", type: "text", nullable: true },
  { name: "tools", type: "text", nullable: true },
] as const satisfies readonly UsageColumn[];

/**
 * How a landing file stores a column: in the types that the Parquet writer writes fastest, which excludes 64-bit integers,
 * times, lists and maps.
 */
export type Storage =
  /** Text with few distinct values. */
  | "text"
  /** Text that differs in every row. */
  | "own_text"
  | "integer"
  /** An integer of 64 bits. */
  | "identifier"
  /** Whole microseconds, exact up to 2^53. */
  | "double"
  | "decimal"
  | "boolean";

export interface LandingColumn {
  name: keyof LandedColumns["values"];
  storage: Storage;
  nullable: boolean;
  /** SQL of the value that the column stands for. */
  meaning: string;
}

/** SQL type of each column that landing files of earlier versions lack. These stay readable: not all can be made again. */
export const ADDED_COLUMNS: readonly { name: LandingColumn["name"]; type: string }[] = [
  { name: "billing_assumed", type: "BOOLEAN" },
  { name: "unknown_counts", type: "VARCHAR" },
  ...TERMS.map((name) => ({ name, type: "VARCHAR" })),
  { name: "tools", type: "VARCHAR" },
  ...ADDED_TOKENS.map((name) => ({ name, type: "INTEGER" })),
];

/** The columns of landing files: the usage table, the origin of each record, and further facts. */
export const LANDING_COLUMNS: readonly LandingColumn[] = [
  ...[...USAGE_COLUMNS, ...ORIGIN_COLUMNS, ...FACT_COLUMNS].map(({ name, type, nullable }) => ({ name, nullable, ...landed(name, type) })),
  { name: "large_counts", storage: "text", nullable: true, meaning: "large_counts" },
];

function landed(name: string, type: UsageColumn["type"]): Pick<LandingColumn, "storage" | "meaning"> {
  if (name === "record_id") return { storage: "identifier", meaning: name };
  // In earlier versions every subscription was assumed.
  if (name === "billing_assumed") return { storage: "boolean", meaning: "coalesce(billing_assumed, billing = 'subscription')" };
  if (name === "capture_id") return { storage: "own_text", meaning: name };
  switch (type) {
    case "timestamp":
      return { storage: "double", meaning: `make_timestamptz(${name}::BIGINT)` };
    case "texts":
      return { storage: "text", meaning: `${name}::JSON::VARCHAR[]` };
    case "text_map":
      return { storage: "text", meaning: `${name}::JSON::MAP(VARCHAR, VARCHAR)` };
    case "bigint": {
      const place = LARGE_COUNTS.findIndex((count) => count === name) + 1;
      const meaning = `CASE WHEN large_counts IS NULL THEN ${name}::BIGINT ELSE (large_counts::BIGINT[])[${String(place)}] END`;
      return { storage: "integer", meaning: ADDED_TOKENS.some((added) => added === name) ? `coalesce(${meaning}, 0)` : meaning };
    }
    case "text":
    case "integer":
    case "decimal":
    case "boolean":
      return { storage: type, meaning: name };
    default:
      return type satisfies never;
  }
}
