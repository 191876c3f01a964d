import type { LandedColumns } from "./landed-columns.ts";
import { type Column, FACT_COLUMNS, ORIGIN_COLUMNS, USAGE_COLUMNS } from "../days/usage-columns.ts";

/**
 * How a column lies in a landing file: as what the Parquet writer writes fastest, which integers of 64 bits, times,
 * lists and maps are not.
 */
export type Storage =
  /** Text of which most rows share a few values. */
  | "text"
  /** Text that is another one in each row. */
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
  /** SQL of what the column means. */
  meaning: string;
}

/** Type in SQL of each column that landing files of earlier versions lack. They stay readable: not all can be made anew. */
export const ADDED_COLUMNS: readonly { name: LandingColumn["name"]; type: string }[] = [
  { name: "billing_assumed", type: "BOOLEAN" },
  { name: "unknown_counts", type: "VARCHAR" },
];

/** Columns of whole numbers up to 2^53, nearly all of them below 2^31. */
const COUNT_COLUMNS = [...USAGE_COLUMNS, ...ORIGIN_COLUMNS].flatMap(({ name, type }) =>
  type === "bigint" && name !== "record_id" ? [name] : [],
);

/** The usage table, the origin of each record and what else is known of it, as landing files hold them. */
export const LANDING_COLUMNS: readonly LandingColumn[] = [
  ...[...USAGE_COLUMNS, ...ORIGIN_COLUMNS, ...FACT_COLUMNS].map(({ name, type, nullable }) => ({ name, nullable, ...landed(name, type) })),
  { name: "large_counts", storage: "text", nullable: true, meaning: "large_counts" },
];

function landed(name: string, type: Column["type"]): Pick<LandingColumn, "storage" | "meaning"> {
  if (name === "record_id") return { storage: "identifier", meaning: name };
  // Before it was noted a subscription was never anything but assumed.
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
      const place = COUNT_COLUMNS.findIndex((count) => count === name) + 1;
      return { storage: "integer", meaning: `CASE WHEN large_counts IS NULL THEN ${name}::BIGINT ELSE (large_counts::BIGINT[])[${place}] END` };
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
