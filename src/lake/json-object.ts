import { z } from "zod";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { requireBounded } from "../storage/read-bounded.ts";

/** Bytes. A day of ten thousand exports has a manifest of some 15 MB; the ledger writes no larger object. */
export const LARGEST_JSON = 2 ** 27;

const REBUILD = "restore the object, or delete it: what it describes is then built again";

/** A derived object that cannot be read; it is derived again. */
export interface Unreadable {
  key: string;
  problem: string;
}

/** Reads a derived object like `readJson`; one that cannot be read is reported and counts as missing. */
export async function readDerived<Shape>(store: ObjectStore, key: string, shape: z.ZodType<Shape>, tell?: (unreadable: Unreadable) => void): Promise<Shape | undefined> {
  try {
    return await readJson(store, key, shape);
  } catch (error) {
    if (!(error instanceof LedgerError) || (error.code !== "manifest_unreadable" && error.code !== "object_too_large")) throw error;
    tell?.({ key, problem: error.message });
    return undefined;
  }
}

/** Reads one of the ledger's own JSON objects and checks its shape. Throws `manifest_unreadable`, and `object_too_large`. */
export async function readJson<Shape>(store: ObjectStore, key: string, shape: z.ZodType<Shape>, remedy = REBUILD): Promise<Shape> {
  const text = Buffer.from(await requireBounded(store, key, LARGEST_JSON)).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LedgerError("manifest_unreadable", `${store.url}/${key} is not JSON`, { remedy, cause });
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LedgerError("manifest_unreadable", `${store.url}/${key}: ${z.prettifyError(parsed.error)}`, { remedy });
}

/** Like `readJson`, for a record with exactly one place: a copy elsewhere, as made by tools that synchronise folders, would count twice. */
export async function readPlaced<Shape>(store: ObjectStore, key: string, shape: z.ZodType<Shape>, placeOf: (record: Shape) => string): Promise<Shape> {
  const record = await readJson(store, key, shape);
  const place = placeOf(record);
  if (place === key) return record;
  throw new LedgerError("manifest_unreadable", `${store.url}/${key} is a copy of the record at ${place}`, { remedy: "find out who wrote it, and remove it" });
}

/** Bytes of a JSON object, readable by people: one space per level, a line feed at the end. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

export async function replaceJson(store: ObjectStore, key: string, value: unknown): Promise<ObjectEntry> {
  return await store.replace(key, jsonBytes(value));
}
