import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readJson, replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";

const record = z.object({
  format: z.literal(1),
  budget: z.string(),
  /** Digest of the budget's definition. */
  definition: z.string(),
  since: z.iso.datetime(),
});

export interface WatchedBudget {
  /** Name of the budget. */
  name: string;
  /** Changes whenever the budget does. */
  definition: string;
}

/**
 * The instant from which ended periods of a budget are evaluated, as recorded at its first evaluation. Undefined where this definition has
 * no note, and where the note is lost or unreadable: it is then written again.
 */
export async function readWatchedSince(store: ObjectStore, { name, definition }: WatchedBudget): Promise<Date | undefined> {
  try {
    const noted = await readJson(store, layout.watchedBudget(name), record);
    return noted.definition === definition ? new Date(noted.since) : undefined;
  } catch (error) {
    if (error instanceof LedgerError && (error.code === "object_missing" || error.code === "manifest_unreadable")) return undefined;
    throw error;
  }
}

/** There is one note for each budget; a note of an earlier definition is replaced. */
export async function noteWatchedSince(store: ObjectStore, { name, definition }: WatchedBudget, since: Date): Promise<void> {
  const written: z.infer<typeof record> = { format: 1, budget: name, definition, since: since.toISOString() };
  await replaceJson(store, layout.watchedBudget(name), written);
}
