import { z } from "zod";
import { LedgerError } from "../errors.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";

const REBUILD = "restore the object, or delete it: what it describes is then built again";

/** Reads one of the ledger's own JSON objects and checks its shape. */
export async function readJson<Shape>(store: ObjectStore, key: string, shape: z.ZodType<Shape>, remedy = REBUILD): Promise<Shape> {
  const text = Buffer.from(await store.read(key)).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LedgerError("manifest_unreadable", `${store.url}/${key} is no JSON`, { remedy, cause });
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LedgerError("manifest_unreadable", `${store.url}/${key}: ${z.prettifyError(parsed.error)}`, { remedy });
}

/** Bytes of a JSON object, readable by people: one space a level, a line feed at the end. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

export async function replaceJson(store: ObjectStore, key: string, value: unknown): Promise<ObjectEntry> {
  return await store.replace(key, jsonBytes(value));
}
