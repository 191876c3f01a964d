import { type Annulled, annulledKeys } from "../chain/annulled.ts";
import { readAnnulled } from "../chain/read-annulled.ts";
import { readListed } from "../chain/read-chain.ts";
import type { BrokenDocument } from "../chain/read-document.ts";
import { type GatewayArchive, sealedUpTo, sortArchive } from "../copies/list-archive.ts";
import type { UnvouchedReason } from "../copies/unvouched.ts";
import { findIgnored } from "./find-ignored.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";

export interface ChainStatus {
  instance: string;
  /** Last day with a digest, UTC. */
  sealed_up_to: string;
  /** What no digest lists yet. */
  waiting: { exports: number; events: number };
  /** Listed exports that no trusted key vouches for, in order of keys. */
  unvouched: { key: string; why: UnvouchedReason }[];
  /** Number of annulled digests. */
  annulled: number;
  /** Objects among the events that are not verified events. */
  left_aside: BrokenDocument[];
}

/**
 * The state of each gateway's chain, for gateways that have one. Reads digests, not exports.
 * @param archived the listing of the archive, in order of keys. @param publicKey as for `verifiedEvents`.
 */
export async function readChainStatus(archive: ObjectStore, archived: Iterable<ObjectEntry>, publicKey: string | undefined): Promise<ChainStatus[]> {
  const entries = [...archived];
  const annulled = await readAnnulled(archive, entries, publicKey);
  const chains = [...sortArchive(entries)].filter(([, { digests }]) => digests.length > 0);
  return await Promise.all(chains.map(([instance, gateway]) => statusOf(archive, instance, gateway, { annulled, publicKey })));
}

async function statusOf(archive: ObjectStore, instance: string, gateway: GatewayArchive, { annulled, publicKey }: { annulled: Annulled; publicKey: string | undefined }): Promise<ChainStatus> {
  const { exports, events } = gateway;
  const voidKeys = annulledKeys(annulled);
  const digests = gateway.digests.filter(({ key }) => !voidKeys.has(key));
  const { keys, unvouched } = await readListed(archive, digests);
  const count = (entries: Iterable<ObjectEntry>): number => [...entries].filter(({ key }) => !keys.has(key)).length;
  return {
    instance,
    sealed_up_to: sealedUpTo({ digests }) ?? "",
    waiting: { exports: count(exports.values()), events: count(events) },
    unvouched: [...unvouched].map(([key, why]) => ({ key, why })).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    annulled: gateway.digests.length - digests.length,
    left_aside: await findIgnored(archive, instance, gateway, keys, publicKey),
  };
}
