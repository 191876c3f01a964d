import { findRecordedVerification } from "../archive/find-recorded-verification.ts";
import { type LastVerification, readLastVerification } from "../lake/records/last-verification.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** The last verification that is known. */
export interface KnownVerification extends LastVerification {
  /** Who recorded it in the archive's chain, where, with which version on which machine; null where it is only noted in the lake, which nobody signs. */
  recorded: { by: string; instance: string; version: string; host: string } | null;
}

/** The newest of what the chain records and the lake notes; null where neither has one. @param publicKey without it, nobody knows who signed, and only the note counts. */
export async function findLastVerification(lake: ObjectStore, archive: ObjectStore, publicKey: string | undefined): Promise<KnownVerification | null> {
  const noted = await readLastVerification(lake);
  const event = publicKey === undefined ? undefined : await findRecordedVerification(archive, publicKey);
  if (event === undefined || (noted !== null && noted.checked_at > event.at)) return noted && { ...noted, recorded: null };
  const { at, by, instance, version, host, whole, exports, findings } = event;
  return { format: 1, checked_at: at, whole, exports, findings, recorded: { by, instance, version, host } };
}
