import { AlteredText, type CborValue, Tagged, UnkeptValue } from "./cbor/cbor-value.ts";
import { type Field, FieldTable, type OtherKeys } from "./field-table.ts";
import { EnteredMap } from "./projection.ts";
import { RecordReader } from "./record-reader.ts";
import { safeName } from "./unknown-keys.ts";
import { decompressExport } from "./zstd/decompress.ts";

/**
 * Finds the types of some fields in a local export file, by the path that remarks use (`usage.…` for fields of `usage`). The first value that is not
 * null decides the type of a field. Values are not kept.
 */
export async function readFieldTypes(file: string, paths: ReadonlySet<string>): Promise<Map<string, string>> {
  const types = new Map<string, string>();
  const note = (path: string, value: CborValue): void => {
    if (!paths.has(path) || (types.has(path) && types.get(path) !== "null")) return;
    types.set(path, typeOf(value));
  };
  const noting = (prefix: string): OtherKeys => ({ reading: "count", keep: (_, name, value: CborValue) => note(`${prefix}${safeName(name)}`, value) });
  const usage: Field = { name: "usage", reading: "map", keep: () => undefined, fields: new FieldTable([], "exact", noting("usage.")), create: () => new Passed() };
  const capture: Field = { name: "capture", reading: "map", keep: () => undefined, fields: new FieldTable([]), create: () => new Passed() };
  const reader = new RecordReader(new FieldTable([usage, capture], "exact", noting("")), { record: () => undefined, noRecord: () => undefined });
  await decompressExport(file, (bytes) => reader.push(bytes));
  return types;
}

class Passed extends EnteredMap {}

function typeOf(value: CborValue): string {
  if (value instanceof Tagged) return typeOf(value.value);
  if (value instanceof AlteredText || typeof value === "string") return "text";
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return "whole number";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "true or false";
  if (Array.isArray(value)) return "list";
  if (value instanceof Map) return "map";
  if (value instanceof Uint8Array) return "bytes";
  return value instanceof UnkeptValue ? "large value" : "null";
}
