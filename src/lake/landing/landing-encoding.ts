import type { CompressionCodec, Encoding, SchemaElement } from "hyparquet";
import type { ColumnSource } from "hyparquet-writer";
import type { LandingColumn, Storage } from "./landing-columns.ts";

/** Raise it when the same usage records would give different landing files. */
export const LANDING_VERSION = 5;
/** Versions whose files can be read. Exports whose copies are gone keep the landing files they have. */
export const READABLE_LANDINGS: readonly number[] = [3, 4, LANDING_VERSION];

/** Given to the writer, which would otherwise try several. */
const ENCODING: Record<Storage, Encoding> = {
  text: "RLE_DICTIONARY",
  own_text: "DELTA_LENGTH_BYTE_ARRAY",
  integer: "DELTA_BINARY_PACKED",
  identifier: "PLAIN",
  double: "PLAIN",
  decimal: "PLAIN",
  boolean: "PLAIN",
};

type Values = (string | null)[] | (bigint | null)[] | (number | null)[] | boolean[];

export function encodeColumn({ name, storage }: LandingColumn, values: Values, codec: CompressionCodec): ColumnSource {
  return { name, data: storage === "own_text" ? encodeTexts(values) : values, encoding: ENCODING[storage], codec };
}

/** UTF-8 of each text. ASCII texts, such as capture ids, are encoded all at once: the writer itself takes five times as long. */
function encodeTexts(texts: readonly Values[number][]): (Uint8Array | null)[] {
  const joined = texts.join("");
  const { buffer, byteOffset, byteLength } = Buffer.from(joined);
  const areAscii = byteLength === joined.length;
  let at = byteOffset;
  return Array.from(texts, (text) => {
    if (typeof text !== "string") return null;
    if (!areAscii) return Buffer.from(text);
    const bytes = new Uint8Array(buffer, at, text.length);
    at += text.length;
    return bytes;
  });
}

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
