import { archiveLayout } from "../../../src/archive/archive-layout.ts";
import type { SignedEvent } from "../../../src/archive/chain/event.ts";
import { type Chain, checkAgainst, checkLast, readChain } from "../../../src/archive/chain/read-chain.ts";
import { loadEvents, type StoredDocument } from "../../../src/archive/chain/read-document.ts";
import { isSignedByAny } from "../../../src/archive/chain/signed.ts";
import type { GatewayArchive } from "../../../src/archive/list-archive.ts";
import { LedgerError } from "../../../src/errors.ts";
import type { ObjectEntry, ObjectStore } from "../../../src/storage/object-store.ts";

/** A gateway's chain as it was found, and what it may be made longer with. */
export interface FoundChain {
  chain: Chain;
  /** All there are, in order of time. */
  events: StoredDocument<SignedEvent>[];
  /** What no digest lists. */
  fresh: { exports: ObjectEntry[]; events: StoredDocument<SignedEvent>[] };
  receipts: GatewayArchive["receipts"];
}

/** @param there what the archive holds of it, if anything. Throws `archive_broken`. */
export async function findChain(archive: ObjectStore, instance: string, there: GatewayArchive | undefined): Promise<FoundChain> {
  const chain = await readChain(archive, instance, there?.digests ?? []);
  const events = await loadEvents(archive, instance);
  const isFresh = ({ key }: { key: string }): boolean => !chain.listed.has(key);
  const fresh = { exports: [...(there?.exports.values() ?? [])].filter(isFresh), events: events.filter(isFresh) };
  return { chain, events, fresh, receipts: there?.receipts ?? new Map<string, ObjectEntry>() };
}

/** The chain, if it may be signed on top of: nothing of it was altered, and nothing is to be listed that no trusted key signed. Throws `archive_broken`. */
export function checkChain(archive: ObjectStore, found: FoundChain, all: readonly FoundChain[], trusted: ReadonlySet<string>): FoundChain {
  const { chain, fresh } = found;
  checkLast(archive, chain, trusted);
  checkAgainst(archive, chain, all.flatMap((one) => (one === found ? [] : [one.chain])));
  for (const { key, document } of fresh.events) {
    if (!isSignedByAny(document, trusted)) throw unlistable(archive, key, "no trusted key signed it");
    // A copy of an event elsewhere has a good signature, and would say what nobody said there.
    const place = archiveLayout.event(chain.instance, document.header);
    if (document.header.instance !== chain.instance || key !== place) throw unlistable(archive, key, "it is a copy of an event that belongs elsewhere");
  }
  return found;
}

function unlistable({ url }: ObjectStore, key: string, problem: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key}: ${problem}`, { remedy: "find out who wrote it, and remove it: no digest lists it" });
}
