import { retentionFrom } from "../copies/create-locked.ts";
import { canLock } from "../copies/protection.ts";
import type { Retention } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Ledger } from "../../open/ledger.ts";

/** Archives without locks that were already reported: one warning per archive is enough. */
const warned = new WeakSet<ObjectStore>();

/** The lock for the copy of an export made at that time. If the archive cannot lock, warns once and continues. */
export async function retentionOfCopy(
  { stores: { archive }, work: { archiving, clock }, telling: { log } }: Pick<Ledger, "stores" | "telling" | "work">,
  made: Date,
): Promise<Retention | undefined> {
  const retention = retentionFrom(archiving.lock, made, clock());
  if (retention !== undefined && !(await canLock(archive)) && !warned.has(archive)) {
    warned.add(archive);
    log.warn({ archive: archive.url }, "the archive does not support locks: archive.lock has no effect, and only the ledger itself refrains from overwriting copies");
  }
  return retention;
}
