import { exportTime } from "../../aperture/reader/export-name.ts";
import { decodeKeyPart, firstStem, parseArchiveKey } from "../../lake/layout.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";

/** The gateway of a copy, and when its export was made, from the archive alone; undefined if the object is not a copy. */
export function originOfArchived({ key, lastModified }: Pick<ObjectEntry, "key" | "lastModified">): { instance: string; made: Date } | undefined {
  const parsed = parseArchiveKey(key);
  return parsed && { instance: parsed.instance, made: exportTime(`${decodeKeyPart(firstStem(parsed.stem))}.cbor.zstd`, lastModified) };
}
