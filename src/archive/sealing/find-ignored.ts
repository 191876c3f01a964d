import { kindOfArchived, archiveLayout } from "../../lake/layout.ts";
import { verifiedEvents } from "../chain/verified-events.ts";
import { type BrokenDocument, splitEvents } from "../chain/read-document.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/**
 * Objects among a gateway's events that are not verified events and that no digest lists: anyone with write access may have put them
 * there, so they stop nothing. @param listed keys that digests list. @param publicKey as for `verifiedEvents`.
 */
export async function findIgnored(archive: ObjectStore, instance: string, { events, others }: Pick<GatewayArchive, "events" | "others">, listed: ReadonlySet<string>, publicKey: string | undefined): Promise<BrokenDocument[]> {
  const beside = others.filter(({ key }) => key.startsWith(archiveLayout.events(instance))).map(({ key }): BrokenDocument => ({ key, problem: "the ledger does not write such objects there" }));
  if (events.every(({ key }) => listed.has(key))) return beside;
  const read = await splitEvents(archive, instance);
  const counted = new Set(verifiedEvents(instance, read.events, publicKey).map(({ key }) => key));
  const unsigned = read.events.flatMap(({ key }): BrokenDocument[] => (counted.has(key) ? [] : [{ key, problem: "no trusted key signed it, or it is a copy of an event that belongs elsewhere" }]));
  return [...beside, ...read.unreadable, ...unsigned].filter(({ key }) => !listed.has(key) && (kindOfArchived(key).kind === "event" || beside.some((one) => one.key === key)));
}
