import pMap from "p-map";
import { archiveLayout, dateOfDigest, kindOfArchived } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Digest } from "../chain/digest.ts";
import { withoutAnnulled } from "../chain/annulled.ts";
import type { ArchiveEvent, SignedEvent } from "../chain/event.ts";
import { expectExports } from "../chain/expected-exports.ts";
import { type BrokenDocument, readDigests, readEvents, type StoredDocument } from "../chain/read-document.ts";
import { trustedKeys } from "../chain/trusted-keys.ts";
import { listInstances } from "../copies/list-archive.ts";
import type { Content, RetentionPromise } from "../copies/receipt.ts";
import { findAnnulled } from "../verifier/check-annulled.ts";
import { checkDigest } from "../verifier/check-digest.ts";
import { readHolds } from "../retention/hold.ts";
import { owedHolds } from "../verifier/owed-holds.ts";
import { checkEvents } from "../verifier/check-events.ts";

/** What a chain says about the object at a key. */
export interface Vouched {
  /** The size of a receipt is unknown. Null after a purge. */
  content: { sha256: string; size: number | undefined } | null;
  /** Contents that declared reductions or a purge replaced, oldest first. */
  before: readonly Content[];
  /** RFC 3339: when a purge or a reduction was last declared. */
  changedAt: string | undefined;
  retention: RetentionPromise | null;
}

/** What trusted keys say about the objects of an archive. */
export interface VouchedObjects {
  trusted: ReadonlySet<string>;
  byKey: ReadonlyMap<string, Vouched>;
  /** Keys of the exports that digests or checkpoints list, in the order of the chains. */
  exports: readonly string[];
  /** Keys of the digests and events that existed when they were read, vouched for or not. */
  documents: ReadonlySet<string>;
  /** Gateways whose copies are all on legal hold. */
  held: ReadonlySet<string>;
  /** SHA-256 of the digest that was sealed last; undefined if there is none. */
  head: string | undefined;
}

interface ReadGateway {
  instance: string;
  digests: (StoredDocument<Digest> | BrokenDocument)[];
  events: (StoredDocument<SignedEvent> | BrokenDocument)[];
}

const GATEWAYS_AT_ONCE = 4;

/**
 * Reads what the chains of an archive vouch for: from digests and events that a trusted key signed, whatever else is wrong with them.
 * @param publicKey the trusted key; keys that rotations link to it are trusted too. @param wanted restricts the result to this gateway.
 */
export async function readVouched(archive: ObjectStore, publicKey: string, wanted: string | undefined): Promise<VouchedObjects> {
  const read = await pMap((await listInstances(archive)).filter((name) => name !== ""), (instance) => readGateway(archive, instance), { concurrency: GATEWAYS_AT_ONCE });
  const trusted = trustedKeys(publicKey, read.flatMap(({ events }) => events.flatMap((event) => ("problem" in event ? [] : [event.document]))));
  const annulled = findAnnulled(read, trusted);
  const byKey = new Map<string, Vouched>();
  const [exports, documents] = [new Array<string>(), new Set<string>()];
  const chains = new Map<string, { header: ArchiveEvent }[]>();
  let newest: StoredDocument<Digest> | undefined;
  for (const { instance, digests, events } of read) {
    if (wanted !== undefined && instance !== wanted) continue;
    for (const { key } of [...digests, ...events]) documents.add(key);
    const signed = digests.flatMap((one) => signedDigest(instance, one, trusted));
    const counting = withoutAnnulled(signed, annulled);
    const verified = checkEvents(instance, events, counting, trusted).events;
    const isVerified = new Set(verified.map(({ key }) => key));
    for (const one of [...signed, ...events.flatMap((event) => ("problem" in event || !isVerified.has(event.key) ? [] : [event]))]) byKey.set(one.key, document(one));
    for (const { document: { events: listed } } of counting) for (const one of listed) byKey.set(one.key, document(one));
    exports.push(...addExports(byKey, counting.map((one) => one.document), verified.map(({ event }) => event)));
    chains.set(instance, verified.map(({ event }) => ({ header: event })));
    for (const one of counting) if (newest === undefined || one.document.header.sealed_at > newest.document.header.sealed_at) newest = one;
  }
  const holds = readHolds(chains, () => true);
  const held = new Set([...chains.keys()].filter((instance) => owedHolds(holds, instance).everything));
  return { trusted, byKey, exports, documents, held, head: newest?.sha256 };
}

async function readGateway(archive: ObjectStore, instance: string): Promise<ReadGateway> {
  const [digests, events] = [await readDigests(archive, instance), await readEvents(archive, instance)];
  return { instance, digests: digests.filter(({ key }) => kindOfArchived(key).kind === "digest"), events: events.filter(({ key }) => kindOfArchived(key).kind === "event") };
}

function signedDigest(instance: string, read: StoredDocument<Digest> | BrokenDocument, trusted: ReadonlySet<string>): StoredDocument<Digest>[] {
  const { stored, fault } = checkDigest(instance, read, trusted);
  if (stored === undefined || fault !== undefined) return [];
  const { header } = stored.document;
  return header.instance === instance && header.date === dateOfDigest(stored.key) ? [stored] : [];
}

function document({ size, sha256 }: Content): Vouched {
  return { content: { size, sha256 }, before: [], changedAt: undefined, retention: null };
}

/** Adds exports and their receipts; returns the keys of the exports. */
function addExports(byKey: Map<string, Vouched>, digests: readonly Digest[], events: readonly ArchiveEvent[]): string[] {
  const changedAt = new Map<string, string>();
  for (const event of events) if (event.kind === "purge" || event.kind === "reduction") for (const { key } of event.objects) changedAt.set(key, event.at);
  const expected = expectExports(digests, events);
  for (const [key, { listed, now, before }] of expected) {
    byKey.set(key, { content: now, before, changedAt: changedAt.get(key), retention: listed.retention });
    if (listed.receipt !== null) byKey.set(archiveLayout.receipt(key), { content: { sha256: listed.receipt, size: undefined }, before: [], changedAt: undefined, retention: null });
  }
  return [...expected.keys()];
}
