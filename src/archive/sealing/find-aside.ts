import { archiveLayout, kindOfArchived } from "../../lake/layout.ts";
import { believedEvents } from "../chain/believed-events.ts";
import { type BrokenDocument, splitEvents } from "../chain/read-document.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/**
 * What lies among a gateway's events, is listed by no digest, and is none that counts: anybody who can write there may have put it there.
 * It stops nothing by itself. @param listed keys that digests list. @param publicKey as of `believedEvents`.
 */
export async function findAside(archive: ObjectStore, instance: string, { events, others }: Pick<GatewayArchive, "events" | "others">, listed: ReadonlySet<string>, publicKey: string | undefined): Promise<BrokenDocument[]> {
  const beside = others.filter(({ key }) => key.startsWith(archiveLayout.events(instance))).map(({ key }): BrokenDocument => ({ key, problem: "it is nothing that the ledger puts there" }));
  if (events.every(({ key }) => listed.has(key))) return beside;
  const read = await splitEvents(archive, instance);
  const counted = new Set(believedEvents(instance, read.events, publicKey).map(({ key }) => key));
  const unsigned = read.events.flatMap(({ key }): BrokenDocument[] => (counted.has(key) ? [] : [{ key, problem: "no trusted key signed it, or it is a copy of one that belongs elsewhere" }]));
  return [...beside, ...read.unreadable, ...unsigned].filter(({ key }) => !listed.has(key) && (kindOfArchived(key).kind === "event" || beside.some((one) => one.key === key)));
}
