import type { SchemaElement } from "hyparquet";
import type { LandingColumn, Storage } from "./landing-columns.ts";

type Leaf = Pick<SchemaElement, "type" | "converted_type" | "logical_type" | "precision" | "scale">;

const TEXT: Leaf = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
/** 18 digits fit 64 bits: up to a billion dollars a row, to the nanodollar. */
const MONEY = { precision: 18, scale: 9 } as const;

const LEAF: Record<Storage, Leaf> = {
  text: TEXT,
  own_text: TEXT,
  integer: { type: "INT32" },
  identifier: { type: "INT64" },
  double: { type: "DOUBLE" },
  decimal: { type: "INT64", converted_type: "DECIMAL", logical_type: { type: "DECIMAL", ...MONEY }, ...MONEY },
  boolean: { type: "BOOLEAN" },
};

/** The Parquet schema of landing files, in its flattened form. */
export function parquetSchema(columns: readonly LandingColumn[]): SchemaElement[] {
  const elements = columns.map(({ name, storage, nullable }): SchemaElement => {
    return { name, repetition_type: nullable ? "OPTIONAL" : "REQUIRED", ...LEAF[storage] };
  });
  return [{ name: "root", num_children: columns.length }, ...elements];
}
