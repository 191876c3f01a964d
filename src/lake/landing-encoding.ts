import type { ColumnSource } from "hyparquet-writer";
import type { Column, ColumnValue } from "./usage-columns.ts";

/** Raised whenever the same usage records would be written as other landing files. */
export const LANDING_VERSION = 2;

/** Says how the writer encodes a column, so that it does not have to find out by trying. */
export function encodeColumn<Row>({ name, type, repeats }: Column<Row>, values: ColumnValue[]): ColumnSource {
  if (type === "bigint") return { name, ...encodeIntegers(values) };
  if (type === "text" && !repeats) return { name, data: values.map(encodeText), encoding: "PLAIN" };
  return { name, data: values, encoding: repeats && type !== "boolean" ? "RLE_DICTIONARY" : "PLAIN" };
}

/** Numbers of 32 bits are packed without a `bigint` being made of each, which takes a third of the time. */
function encodeIntegers(values: ColumnValue[]): Pick<ColumnSource, "data" | "encoding"> {
  if (values.every(isSmall)) return { data: values, encoding: "DELTA_BINARY_PACKED" };
  return { data: values.map((value) => (typeof value === "number" ? BigInt(value) : value)), encoding: "PLAIN" };
}

/** Left to the writer, a text takes three times as long. */
function encodeText(text: ColumnValue): Uint8Array | null {
  return typeof text === "string" ? Buffer.from(text) : null;
}

function isSmall(value: ColumnValue): boolean {
  return value === null || (typeof value === "number" && value === (value | 0));
}
