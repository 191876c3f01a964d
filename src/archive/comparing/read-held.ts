import { readExport } from "../../aperture/reader/read-export.ts";
import { callerIdentifier } from "../../ledger/names/caller.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";
import { originOfArchived } from "../extracting/archived-time.ts";
import { type Hold, holdCovers } from "../retention/hold.ts";
import { mayCoverUnread } from "../retention/selection-covers.ts";
import type { HoldReader } from "../verifier/owed-holds.ts";

/** Reads copies in constant memory, by their bytes alone. No record is more than a day younger than its export, read or not. */
export const holdReader: HoldReader = {
  mayCover: (copy, holds) => {
    const origin = originOfArchived(copy);
    return origin === undefined ? [] : holds.filter(({ selection }) => mayCoverUnread(selection, origin));
  },
  covering,
};

async function covering(copy: ObjectEntry, file: string, holds: readonly Hold[]): Promise<Hold[]> {
  const origin = originOfArchived(copy);
  if (origin === undefined) return [];
  const { instance, made } = origin;
  const identify = callerIdentifier();
  const found = new Set<Hold>();
  const coverUnread = (): void => {
    for (const hold of holds) if (mayCoverUnread(hold.selection, origin)) found.add(hold);
  };
  const { damage } = await readExport(file, made, [], {
    accept({ login, tags, sessionId: session, ts }) {
      const { caller } = identify(login, tags);
      for (const hold of holds) if (!found.has(hold) && holdCovers(hold, { instance, caller, session, ts })) found.add(hold);
    },
    reject: coverUnread,
  });
  if (damage !== null) coverUnread();
  return holds.filter((hold) => found.has(hold));
}
