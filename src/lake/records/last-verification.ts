import { z } from "zod";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readDerived, replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";

const lastVerification = z.object({
  format: z.literal(1),
  checked_at: z.iso.datetime(),
  /** False for a verification of a sample or of one gateway. */
  whole: z.boolean(),
  /** Exports whose bytes were read. */
  exports: z.number(),
  findings: z.number(),
});
/** When the archive was last verified, and the number of findings. It is a note for readers and proves nothing: only a verification does. */
export type LastVerification = z.infer<typeof lastVerification>;

export async function keepLastVerification(store: ObjectStore, noted: LastVerification): Promise<void> {
  await replaceJson(store, layout.lastVerification, noted);
}

/** Null where none was noted, or the note cannot be read. */
export async function readLastVerification(store: ObjectStore): Promise<LastVerification | null> {
  if ((await store.head(layout.lastVerification)) === undefined) return null;
  return (await readDerived(store, layout.lastVerification, lastVerification)) ?? null;
}
