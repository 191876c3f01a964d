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

/** A gateway's chain as found, and what its next digest may list. */
export interface FoundChain {
  chain: Chain;
  /** All readable events, in order of time. */
  events: readonly StoredDocument<SignedEvent>[];
  /** Unreadable objects among the events. */
  unreadable: readonly BrokenDocument[];
  /** Exports and events that no digest lists. */
  fresh: { exports: ObjectEntry[]; events: StoredDocument<SignedEvent>[] };
  receipts: GatewayArchive["receipts"];
  /** Keys of annulled digests. */
  annulled: ReadonlySet<string>;
}

/** A chain that passed its checks and may be continued. */
export interface SoundChain extends FoundChain {
  /** Verified events of the chain, in order of time. */
  verified: ArchiveEvent[];
  trusted: ReadonlySet<string>;
  /** Whether it lists an export that a trusted key vouches for: then any other export needs an acceptance. */
  hasReceipts: boolean;
  /** Entries of checkpoints for exports that no digest lists, by key, and the keys of all events that checkpoints list. */
  checkpointed: { exports: ReadonlyMap<string, EventOf<"checkpoint">["exports"][number]>; events: ReadonlySet<string> };
  /** Objects among the events that no digest lists, and that the next one does not list either: anyone may have put them there. */
  ignored: BrokenDocument[];
}

/** The objects among a gateway's events. */
export interface FoundEvents {
  instance: string;
  events: readonly StoredDocument<SignedEvent>[];
  unreadable: readonly BrokenDocument[];
}

/** @param there its objects in the archive, if any. @param annulled the annulled digests of all gateways. Throws `archive_broken`. */
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
 * Checks that nothing in the chain was altered, so that it may be continued. Ignores objects among its events that no trusted key
 * signed, unless a signed event should be at their key. Throws `archive_broken`.
 */
export async function checkChain(archive: ObjectStore, foundChain: FoundChain, { all, trusted, closes, now }: Known): Promise<SoundChain> {
  const { chain } = foundChain;
  checkLast(archive, chain, trusted);
  checkAgainst(archive, chain, all.flatMap((one) => (one === foundChain ? [] : [one.chain])));
  const ignored = ignoredObjects(foundChain, trusted);
  const ignoredKeys = new Set(ignored.map(({ key }) => key));
  const fresh = { ...foundChain.fresh, events: foundChain.fresh.events.filter(({ key }) => !ignoredKeys.has(key)) };
  const found: FoundChain = { ...foundChain, fresh, events: foundChain.events.filter(({ key }) => !ignoredKeys.has(key)) };
  const hidden = foundChain.unreadable.find(({ key }) => chain.listed.has(key));
  if (hidden !== undefined) throw unlistable(archive, hidden.key, hidden.problem, "a digest lists it: restore it from a backup");
  const verified = found.events.filter((event) => isInPlace(chain.instance, event) && isSignedByAny(event.document, trusted)).map(({ document }) => document.header);
  refuseFaults(archive, [...chain.faults, ...faultsOfNext(found, closes, now)], verified);
  const checkpoints = verified.filter((event) => event.kind === "checkpoint");
  const exports = new Map(checkpoints.flatMap((event) => event.exports).reverse().flatMap((one) => (chain.listed.has(one.key) ? [] : [[one.key, one] as const])));
  const checkpointed = { exports, events: new Set(checkpoints.flatMap((event) => event.events.map(({ key }) => key))) };
  const overwritten = ignored.find(({ key }) => checkpointed.events.has(key));
  if (overwritten !== undefined) throw unlistable(archive, overwritten.key, overwritten.problem, "a checkpoint lists it: restore it from a backup");
  await refuseLost(archive, checkpointed, verified, found);
  return { ...found, verified, trusted, checkpointed, ignored, hasReceipts: await listsReceipts(archive, chain, trusted) };
}

/** Objects that no digest lists and no digest may list. */
function ignoredObjects({ chain, fresh, unreadable }: FoundChain, trusted: ReadonlySet<string>): BrokenDocument[] {
  const unreadableAndUnlisted = unreadable.filter(({ key }) => !chain.listed.has(key));
  const unsigned = fresh.events.flatMap((event): BrokenDocument[] => {
    const { key, document } = event;
    if (!isSignedByAny(document, trusted)) return [{ key, problem: "no trusted key signed it" }];
    // A copy of an event from elsewhere has a valid signature but was never signed for this place.
    return isInPlace(chain.instance, event) ? [] : [{ key, problem: "it is a copy of an event that belongs elsewhere" }];
  });
  return [...unreadableAndUnlisted, ...unsigned];
}

function isInPlace(instance: string, { key, document: { header } }: Pick<StoredDocument<SignedEvent>, "key" | "document">): boolean {
  return header.instance === instance && key === archiveLayout.event(instance, header);
}

/** Faults that the next digest would contain. */
function faultsOfNext({ chain, fresh }: FoundChain, closes: DigestHeader["closes"], now: Date): ListFault[] {
  const events = fresh.events.map(({ key, sha256, document: { header } }) => ({ key, sha256, at: header.at }));
  const between = chain.headers.flatMap(({ key, header }, index) => findDroppedCloses(chain.headers[index - 1]?.header.closes ?? [], header.closes, key, layout.close));
  return [
    ...between,
    ...findDroppedCloses(chain.headers.at(-1)?.header.closes ?? [], closes, "the lake", layout.close),
    ...findEventsOutOfTime(events, { from: listedUntil(chain.headers), to: now.toISOString() }),
  ];
}

function refuseFaults({ url }: ObjectStore, faults: readonly ListFault[], verified: readonly ArchiveEvent[]): void {
  const fault = faults.find((one) => acceptanceOf(verified, one) === undefined);
  if (fault === undefined) return;
  const { key, what, expected, found } = fault;
  const compared = expected === null && found === null ? "" : ` (expected ${expected ?? "nothing"}, found ${found ?? "nothing"})`;
  throw new LedgerError("archive_broken", `${url}/${key} ${what}${compared}`, { remedy: `nothing was sealed: restore the original from a backup, or ${acceptCommand(key)}` });
}

/** Copies and events that a checkpoint lists must exist, unless a tombstone records their removal. */
async function refuseLost(archive: ObjectStore, { exports, events }: SoundChain["checkpointed"], verified: readonly ArchiveEvent[], { chain, fresh, events: there }: FoundChain): Promise<void> {
  const purged = new Set(verified.flatMap((event) => (event.kind === "purge" ? event.objects.map(({ key }) => key) : [])));
  const present = new Set([...fresh.exports, ...there].map(({ key }) => key));
  const missing = [...exports.keys(), ...events].filter((key) => !present.has(key) && !purged.has(key) && !chain.listed.has(key));
  for (const key of missing) {
    // It may have arrived after the archive was listed.
    if ((await archive.head(key)) === undefined) throw unlistable(archive, key, "it is missing, but a checkpoint lists it", "restore it from a backup");
  }
}

/** Digests older than the marks do not say it; a few of the receipts that they list do. */
async function listsReceipts(archive: ObjectStore, { headers, unjudged }: Chain, trusted: ReadonlySet<string>): Promise<boolean> {
  if (headers.some(({ header }) => (header.vouched ?? 0) > 0)) return true;
  const reasons = await pMap(unjudged, async (key) => whyUnvouched((await loadDocument(archive, archiveLayout.receipt(key), receipt))?.document, trusted), { concurrency: unjudged.length + 1 });
  return reasons.includes(undefined);
}

/** The command that accepts an object, for a remedy. */
export function acceptCommand(key: string): string {
  return `accept it: aperture-ledger archive seal --accept ${key} --reason TEXT`;
}

function unlistable({ url }: ObjectStore, key: string, problem: string, remedy = "no digest lists it: find out who wrote it, and remove it"): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key}: ${problem}`, { remedy });
}
