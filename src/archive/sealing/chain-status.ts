import { type Annulled, annulledKeys } from "../chain/annulled.ts";
import { readAnnulled } from "../chain/read-annulled.ts";
import { readListed } from "../chain/read-chain.ts";
import type { BrokenDocument } from "../chain/read-document.ts";
import { type GatewayArchive, sealedUpTo, sortArchive } from "../copies/list-archive.ts";
import type { UnvouchedReason } from "../copies/unvouched.ts";
import { findAside } from "./find-aside.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";

export interface ChainStatus {
  instance: string;
  /** Last day that there is a digest of, UTC. */
  sealed_up_to: string;
  /** What no digest lists yet. */
  waiting: { exports: number; events: number };
  /** Listed exports that no trusted key vouches for, in order of keys. */
  unvouched: { key: string; why: UnvouchedReason }[];
  /** How many digests were annulled. */
  annulled: number;
  /** What lies among the events and is none that counts. */
  left_aside: BrokenDocument[];
}

/**
 * How far the chains go, of the gateways that have one. Digests are read, exports are not.
 * @param archived as the archive was listed, in order of keys. @param publicKey as of `believedEvents`.
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
    left_aside: await findAside(archive, instance, gateway, keys, publicKey),
  };
}
