import pMap from "p-map";
import { acceptanceOf } from "../chain/acceptance.ts";
import type { DigestHeader } from "../chain/digest.ts";
import type { ArchiveEvent, EventOf, SignedEvent } from "../chain/event.ts";
import { findDroppedCloses, findEventsOutOfTime, type ListFault, listedUntil } from "../chain/list-faults.ts";
import { type Annulled, annulledKeys } from "../chain/annulled.ts";
import { type Chain, checkAgainst, checkLast, readChain } from "../chain/read-chain.ts";
import { type BrokenDocument, loadDocument, type StoredDocument } from "../chain/read-document.ts";
import { isSignedByAny } from "../chain/signed.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import { receipt } from "../copies/receipt.ts";
import { whyUnvouched } from "../copies/unvouched.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { archiveLayout, layout } from "../../lake/layout.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";

/** A gateway's chain as it was found, and what it may be made longer with. */
export interface FoundChain {
  chain: Chain;
  /** All that can be read, in order of time. */
  events: readonly StoredDocument<SignedEvent>[];
  /** What lies among the events and is none. */
  unreadable: readonly BrokenDocument[];
  /** What no digest lists. */
  fresh: { exports: ObjectEntry[]; events: StoredDocument<SignedEvent>[] };
  receipts: GatewayArchive["receipts"];
  /** Where digests lie that were annulled. */
  annulled: ReadonlySet<string>;
}

/** A chain that may be signed on top of. */
export interface SoundChain extends FoundChain {
  /** What its events say, of those that a trusted key signed, in order of time. */
  believed: ArchiveEvent[];
  trusted: ReadonlySet<string>;
  /** Whether it lists an export that a trusted key vouches for: then it lists no other without somebody's word. */
  hasReceipts: boolean;
  /** What checkpoints say of exports that no digest lists, by key; and the keys of all events that they list. */
  checkpointed: { exports: ReadonlyMap<string, EventOf<"checkpoint">["exports"][number]>; events: ReadonlySet<string> };
  /** What lies among the events, no digest lists, and is not listed by the next one either: anybody may have put it there. */
  leftAside: BrokenDocument[];
}

/** What lies among a gateway's events. */
export interface FoundEvents {
  instance: string;
  events: readonly StoredDocument<SignedEvent>[];
  unreadable: readonly BrokenDocument[];
}

/** @param there what the archive holds of it, if anything. @param annulled of all gateways. Throws `archive_broken`. */
export async function findChain(archive: ObjectStore, { instance, events, unreadable }: FoundEvents, there: GatewayArchive | undefined, annulled: Annulled): Promise<FoundChain> {
  const chain = await readChain(archive, instance, there?.digests ?? [], annulled);
  const isFresh = ({ key }: { key: string }): boolean => !chain.listed.has(key);
  const fresh = { exports: [...(there?.exports.values() ?? [])].filter(isFresh), events: events.filter(isFresh) };
  return { chain, events, unreadable, fresh, receipts: there?.receipts ?? new Map<string, ObjectEntry>(), annulled: annulledKeys(annulled) };
}

interface Known {
  all: readonly FoundChain[];
  trusted: ReadonlySet<string>;
  closes: DigestHeader["closes"];
  now: Date;
}

/**
 * The chain, if it may be signed on top of: nothing of it was altered. What lies among its events and no trusted key signed is left
 * aside, unless something that was signed has to lie there. Throws `archive_broken`.
 */
export async function checkChain(archive: ObjectStore, whole: FoundChain, { all, trusted, closes, now }: Known): Promise<SoundChain> {
  const { chain } = whole;
  checkLast(archive, chain, trusted);
  checkAgainst(archive, chain, all.flatMap((one) => (one === whole ? [] : [one.chain])));
  const leftAside = findAside(whole, trusted);
  const aside = new Set(leftAside.map(({ key }) => key));
  const fresh = { ...whole.fresh, events: whole.fresh.events.filter(({ key }) => !aside.has(key)) };
  const found: FoundChain = { ...whole, fresh, events: whole.events.filter(({ key }) => !aside.has(key)) };
  const hidden = whole.unreadable.find(({ key }) => chain.listed.has(key));
  if (hidden !== undefined) throw unlistable(archive, hidden.key, hidden.problem, "a digest lists it: restore it from a backup");
  const believed = found.events.filter((event) => isInPlace(chain.instance, event) && isSignedByAny(event.document, trusted)).map(({ document }) => document.header);
  refuseFaults(archive, [...chain.faults, ...faultsOfNext(found, closes, now)], believed);
  const checkpoints = believed.filter((event) => event.kind === "checkpoint");
  const exports = new Map(checkpoints.flatMap((event) => event.exports).reverse().flatMap((one) => (chain.listed.has(one.key) ? [] : [[one.key, one] as const])));
  const checkpointed = { exports, events: new Set(checkpoints.flatMap((event) => event.events.map(({ key }) => key))) };
  const overwritten = leftAside.find(({ key }) => checkpointed.events.has(key));
  if (overwritten !== undefined) throw unlistable(archive, overwritten.key, overwritten.problem, "a checkpoint lists it: restore it from a backup");
  await refuseLost(archive, checkpointed, believed, found);
  return { ...found, believed, trusted, checkpointed, leftAside, hasReceipts: await listsReceipts(archive, chain, trusted) };
}

/** What no digest lists and none may. */
function findAside({ chain, fresh, unreadable }: FoundChain, trusted: ReadonlySet<string>): BrokenDocument[] {
  const untold = unreadable.filter(({ key }) => !chain.listed.has(key));
  const unsigned = fresh.events.flatMap((event): BrokenDocument[] => {
    const { key, document } = event;
    if (!isSignedByAny(document, trusted)) return [{ key, problem: "no trusted key signed it" }];
    // A copy of an event elsewhere has a good signature, and would say what nobody said there.
    return isInPlace(chain.instance, event) ? [] : [{ key, problem: "it is a copy of an event that belongs elsewhere" }];
  });
  return [...untold, ...unsigned];
}

function isInPlace(instance: string, { key, document: { header } }: Pick<StoredDocument<SignedEvent>, "key" | "document">): boolean {
  return header.instance === instance && key === archiveLayout.event(instance, header);
}

/** What the next digest would say that no true one does. */
function faultsOfNext({ chain, fresh }: FoundChain, closes: DigestHeader["closes"], now: Date): ListFault[] {
  const events = fresh.events.map(({ key, sha256, document: { header } }) => ({ key, sha256, at: header.at }));
  const between = chain.headers.flatMap(({ key, header }, index) => findDroppedCloses(chain.headers[index - 1]?.header.closes ?? [], header.closes, key, layout.close));
  return [
    ...between,
    ...findDroppedCloses(chain.headers.at(-1)?.header.closes ?? [], closes, "the lake", layout.close),
    ...findEventsOutOfTime(events, { from: listedUntil(chain.headers), to: now.toISOString() }),
  ];
}

function refuseFaults({ url }: ObjectStore, faults: readonly ListFault[], believed: readonly ArchiveEvent[]): void {
  const fault = faults.find((one) => acceptanceOf(believed, one) === undefined);
  if (fault === undefined) return;
  const { key, what, expected, found } = fault;
  const compared = expected === null && found === null ? "" : ` (expected ${expected ?? "nothing"}, found ${found ?? "nothing"})`;
  throw new LedgerError("archive_broken", `${url}/${key} ${what}${compared}`, { remedy: `nothing is sealed upon it: restore what was there from a backup, or ${waysToAccept(key)}` });
}

/** Copies and events that a checkpoint lists have to be there, unless a tombstone says why not. */
async function refuseLost(archive: ObjectStore, { exports, events }: SoundChain["checkpointed"], believed: readonly ArchiveEvent[], { chain, fresh, events: there }: FoundChain): Promise<void> {
  const purged = new Set(believed.flatMap((event) => (event.kind === "purge" ? event.objects.map(({ key }) => key) : [])));
  const present = new Set([...fresh.exports, ...there].map(({ key }) => key));
  const missing = [...exports.keys(), ...events].filter((key) => !present.has(key) && !purged.has(key) && !chain.listed.has(key));
  for (const key of missing) {
    // It may have come since the archive was listed.
    if ((await archive.head(key)) === undefined) throw unlistable(archive, key, "it is not there, and a checkpoint lists it", "restore it from a backup");
  }
}

/** Digests from before there were marks do not say it: some of the receipts they list do. */
async function listsReceipts(archive: ObjectStore, { headers, unjudged }: Chain, trusted: ReadonlySet<string>): Promise<boolean> {
  if (headers.some(({ header }) => (header.vouched ?? 0) > 0)) return true;
  const reasons = await pMap(unjudged, async (key) => whyUnvouched((await loadDocument(archive, archiveLayout.receipt(key), receipt))?.document, trusted), { concurrency: unjudged.length + 1 });
  return reasons.includes(undefined);
}

/** What to call to stand up for an object. */
export function waysToAccept(key: string): string {
  return `stand up for it: aperture-ledger archive seal --accept ${key} --reason TEXT`;
}

function unlistable({ url }: ObjectStore, key: string, problem: string, remedy = "find out who wrote it, and remove it: no digest lists it"): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key}: ${problem}`, { remedy });
}
