import { readListed } from "../../../src/archive/chain/read-chain.ts";
import { type GatewayArchive, sealedUpTo, sortArchive } from "../../../src/archive/list-archive.ts";
import type { UnvouchedReason } from "../../../src/archive/unvouched.ts";
import type { ObjectEntry, ObjectStore } from "../../../src/storage/object-store.ts";

export interface ChainStatus {
  instance: string;
  /** Last day that there is a digest of, UTC. */
  sealed_up_to: string;
  /** What no digest lists yet. */
  waiting: { exports: number; events: number };
  /** Listed exports that no trusted key vouches for, in order of keys. */
  unvouched: { key: string; why: UnvouchedReason }[];
}

/** How far the chains go, of the gateways that have one. Digests are read, exports are not. @param archived as the archive was listed, in order of keys. */
export async function readChainStatus(archive: ObjectStore, archived: Iterable<ObjectEntry>): Promise<ChainStatus[]> {
  const chains = [...sortArchive(archived)].filter(([, { digests }]) => digests.length > 0);
  return await Promise.all(chains.map(([instance, gateway]) => statusOf(archive, instance, gateway)));
}

async function statusOf(archive: ObjectStore, instance: string, { digests, exports, events }: GatewayArchive): Promise<ChainStatus> {
  const { keys, unvouched } = await readListed(archive, digests);
  const count = (entries: Iterable<ObjectEntry>): number => [...entries].filter(({ key }) => !keys.has(key)).length;
  return {
    instance,
    sealed_up_to: sealedUpTo({ digests }) ?? "",
    waiting: { exports: count(exports.values()), events: count(events) },
    unvouched: [...unvouched].map(([key, why]) => ({ key, why })).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  };
}
