import { ALLOCATION_KEYS } from "../allocation/shares/write-allocations.ts";
import { columnsOfVersion, type FocusColumn } from "../chargeback/focus/focus-columns.ts";
import { FOCUS_FILES, type FocusVersion } from "../chargeback/focus/focus-settings.ts";
import { ALLOCATIONS, layout, ROLLUPS, TOOLS, USAGE } from "../lake/layout.ts";
import { TOOLS_COLUMNS } from "../lake/days/tools-table.ts";
import { type ColumnType, COUNT_COLUMNS, ROLLUP_KEYS, ROLLUP_SUMS, USAGE_COLUMNS, type UsageColumn } from "../ledger/usage/usage-columns.ts";
import type { LakeColumn, LakeTable, ValueType } from "./engines/lake-table.ts";

const TYPES: Readonly<Record<ColumnType, ValueType>> = {
  timestamp: "timestamp", text: "text", texts: "texts", text_map: "text_map", integer: "integer", bigint: "bigint", decimal: "decimal(18,9)", boolean: "boolean",
};

/** Types of key columns; the other key columns are texts. */
const KEY_TYPES: Readonly<Record<string, ValueType>> = { slot: "timestamp", tags: "texts", dimensions: "text_map", share: "decimal(18,9)" };

const FOCUS_TYPES: Readonly<Record<FocusColumn["type"], ValueType>> = {
  VARCHAR: "text",
  TIMESTAMPTZ: "timestamp",
  "DECIMAL(38,6)": "decimal(38,6)",
  "DECIMAL(38,9)": "decimal(38,9)",
  "DECIMAL(38,12)": "decimal(38,12)",
  "DECIMAL(38,18)": "decimal(38,18)",
  "DECIMAL(38,24)": "decimal(38,24)",
};

/**
 * The tables that other engines can read in place. `charges` are the months' FOCUS files with the columns of one version; columns that a file of
 * another version lacks are null.
 */
export function lakeTables(focus: FocusVersion): LakeTable[] {
  return [
    { name: "usage", columns: USAGE_COLUMNS.map(({ name, type }: UsageColumn) => ({ name, type: TYPES[type] })), ...partitioned(USAGE, "date") },
    { name: "rollups", columns: [...ROLLUP_KEYS.map(keyColumn), ...ROLLUP_SUMS.map((name) => ({ name, type: name === "cost_usd" ? ("decimal(38,9)" as const) : ("bigint" as const) }))], ...partitioned(ROLLUPS, "date") },
    { name: "tools", columns: TOOLS_COLUMNS, ...partitioned(TOOLS, "date") },
    { name: "allocations", columns: [...ALLOCATION_KEYS.map(keyColumn), { name: "cost_usd", type: "decimal(18,9)" }, ...COUNT_COLUMNS.map((name) => ({ name, type: "decimal(38,9)" as const }))], ...partitioned(ALLOCATIONS, "month") },
    { name: "charges", columns: columnsOfVersion(focus).map(focusColumn), partition: null, files: layout.report("*", FOCUS_FILES.parquet), writtenBy: "chargeback" },
  ];
}

function keyColumn(name: string): LakeColumn {
  return { name, type: KEY_TYPES[name] ?? "text" };
}

function partitioned(folder: string, by: "date" | "month"): Pick<LakeTable, "partition" | "files" | "writtenBy"> {
  return { partition: { folder: folder.slice(0, -1), by }, files: `${folder}${by}=*/*.parquet`, writtenBy: "run" };
}

function focusColumn({ name, type }: FocusColumn): LakeColumn {
  return { name, type: FOCUS_TYPES[type] };
}
