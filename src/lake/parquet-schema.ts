import type { SchemaElement } from "hyparquet";
import type { Column } from "./usage-columns.ts";

type Leaf = Pick<SchemaElement, "type" | "converted_type" | "logical_type" | "precision" | "scale">;

const TEXT: Leaf = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
/** 18 digits fit 64 bits: up to a billion dollars a row, to the nanodollar. */
const MONEY = { precision: 18, scale: 9 } as const;

/** The Parquet schema of a table, in its flattened form: parents before children, each saying how many it has. */
export function parquetSchema<Row>(columns: readonly Column<Row>[]): SchemaElement[] {
  return [{ name: "root", num_children: columns.length }, ...columns.flatMap(elementsOf)];
}

function elementsOf<Row>({ name, type, nullable }: Column<Row>): SchemaElement[] {
  const repetition_type = nullable ? "OPTIONAL" : "REQUIRED";
  switch (type) {
    case "timestamp":
      return [
        { name, type: "INT64", repetition_type, logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } },
      ];
    case "text":
      return [{ name, repetition_type, ...TEXT }];
    case "integer":
      return [{ name, repetition_type, type: "INT32" }];
    case "bigint":
      return [{ name, repetition_type, type: "INT64" }];
    case "boolean":
      return [{ name, repetition_type, type: "BOOLEAN" }];
    case "decimal":
      return [
        { name, repetition_type, type: "INT64", converted_type: "DECIMAL", logical_type: { type: "DECIMAL", ...MONEY }, ...MONEY },
      ];
    case "texts":
      return [
        { name, repetition_type, converted_type: "LIST", logical_type: { type: "LIST" }, num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", repetition_type: "REQUIRED", ...TEXT },
      ];
    case "text_map":
      return [
        { name, repetition_type, converted_type: "MAP", logical_type: { type: "MAP" }, num_children: 1 },
        { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
        { name: "key", repetition_type: "REQUIRED", ...TEXT },
        { name: "value", repetition_type: "REQUIRED", ...TEXT },
      ];
    default:
      return type satisfies never;
  }
}
