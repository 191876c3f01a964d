import { retentionFrom } from "../copies/create-locked.ts";
import { canLock } from "../copies/protection.ts";
import type { Retention } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Ledger } from "../../open/ledger.ts";

/** Archives whose lock was missed already: one warning says as much as one for each export. */
const warned = new WeakSet<ObjectStore>();

/** Until when the copy of an export that was made then is to be locked. Says so once where the archive cannot lock, and lets it pass. */
export async function retentionOfCopy(
  { stores: { archive }, work: { archiving, clock }, telling: { log } }: Pick<Ledger, "stores" | "telling" | "work">,
  made: Date,
): Promise<Retention | undefined> {
  const retention = retentionFrom(archiving.lock, made, clock());
  if (retention !== undefined && !(await canLock(archive)) && !warned.has(archive)) {
    warned.add(archive);
    log.warn({ archive: archive.url }, "the archive cannot lock: archive.lock is not kept, and copies are only not overwritten by the ledger");
  }
  return retention;
}
