import { archiveLayout, placeOfDigest } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { type Annulled, annulledKeys, NOTHING_ANNULLED } from "./annulled.ts";
import { type Digest, type DigestHeader, digest, type DigestLink } from "./digest.ts";
import { findBackwards, findDisorder, type ListFault } from "./list-faults.ts";
import { merkleRoot } from "./merkle.ts";
import { lastNotings, type Noting } from "./noted-records.ts";
import { mapDocuments, readDocument, type StoredDocument, whole } from "./read-document.ts";
import { isSignatureGood } from "./signed.ts";
import { unvouchedMark, type UnvouchedReason } from "../copies/unvouched.ts";

/** What the next digest needs to know about a gateway's chain. */
export interface Chain {
  instance: string;
  /** Oldest first. */
  links: DigestLink[];
  /** Undefined if the chain has no digest yet. */
  last: StoredDocument<Digest> | undefined;
  /** Keys of the exports and events that digests list. */
  listed: ReadonlySet<string>;
  /** The newest digest of each other gateway that its digests name. */
  others: DigestLink[];
  /** Oldest first. */
  headers: KnownHeader[];
  /** Faults in its digests that the ledger never writes. */
  faults: ListFault[];
  /** Exports with a receipt in the newest digest that does not say whether a trusted key vouches for them. */
  unjudged: string[];
  /** The last noting of each record, by key. */
  noted: ReadonlyMap<string, Noting>;
  /** When records were last noted; undefined if no digest notes any. */
  notedUntil: string | undefined;
}

/** What is kept in memory of each digest. */
interface KnownHeader {
  key: string;
  sha256: string;
  header: Pick<DigestHeader, "date" | "sealed_at" | "closes" | "vouched">;
}

/** Number of receipts to check for a digest that is older than the marks. */
const MOST_UNJUDGED = 8;

/**
 * Reads a gateway's chain and checks that each link refers to the one before. Only its signature vouches for the last one: see
 * `checkLast`. Throws `archive_broken`.
 * @param entries the listed digests. @param annulled the annulled digests of all gateways.
 */
export async function readChain(archive: ObjectStore, instance: string, entries: readonly ObjectEntry[], annulled: Annulled): Promise<Chain> {
  const listed = new Map<string, string>();
  const faults: ListFault[] = [];
  let last: StoredDocument<Digest> | undefined;
  // Only parts are kept: years of digests would not fit into memory.
  const read = await mapDocuments(
    entries,
    async (entry) => {
      const stored = whole(archive, await readDocument(archive, entry, digest));
      if (annulled.has(stored.sha256)) return [];
      const { header, exports } = stored.document;
      if (last === undefined || header.date >= last.document.header.date) last = stored;
      const disorder = findDisorder(stored);
      const keys = [...exports, ...stored.document.events].map(({ key }) => key);
      const unjudged = header.vouched === undefined ? exports.flatMap(({ key, receipt }) => (receipt === null ? [] : [key])).slice(-MOST_UNJUDGED) : [];
      const { date, sealed_at, closes, vouched } = header;
      const known: KnownHeader = { key: entry.key, sha256: stored.sha256, header: { date, sealed_at, closes, ...(vouched === undefined ? {} : { vouched }) } };
      return [{ key: entry.key, previous: header.previous, others: header.others, link: linkTo(stored), known, disorder, keys, unjudged, noting: { date, sealed_at, records: header.records } }];
    },
  );
  const headers = read.flat().sort((a, b) => (a.link.date < b.link.date ? -1 : 1));
  const voidKeys = annulledKeys(annulled);
  // In the order of the chain, not in which the reads end: the later of two digests that list the same is at fault.
  for (const { key, known: { sha256 }, disorder, keys } of headers) {
    faults.push(...disorder, ...(disorder.length === 0 ? findListedTwice({ key, sha256, keys }, listed) : []));
    for (const one of keys) listed.set(one, key);
  }
  for (const [index, { key, link, previous }] of headers.entries()) {
    const before = headers[index - 1]?.link ?? null;
    const isInPlace = link.instance === instance && key === placeOfDigest(instance, link.date, voidKeys);
    if (!isInPlace) throw broken(archive, key, `it is the digest of ${link.date} of ${link.instance}`);
    if (link.number !== index + 1) throw broken(archive, key, `it is digest ${String(link.number)}, but ${String(index)} digests precede it`);
    if (!isSameLink(previous, before)) throw broken(archive, key, "it does not refer to the digest before it");
  }
  const seenOthers = Map.groupBy(headers.flatMap(({ others }) => others.filter(({ sha256 }) => !annulled.has(sha256))), (other) => other.instance);
  const others = [...seenOthers.values()].flatMap((seen) => seen.toSorted((a, b) => a.number - b.number).at(-1) ?? []);
  const known = headers.map((one) => one.known);
  faults.push(...known.flatMap((one, index) => findBackwards(known[index - 1], one)));
  const unjudged = headers.findLast((one) => one.unjudged.length > 0)?.unjudged ?? [];
  const notings = headers.map(({ noting }) => noting);
  const noted = lastNotings(notings) ?? new Map<string, Noting>();
  const notedUntil = notings.findLast(({ date, sealed_at: at, records }) => records !== undefined && at.startsWith(date))?.sealed_at;
  return { noted, notedUntil, instance, links: headers.map(({ link }) => link), last, listed: new Set(listed.keys()), others, headers: known, faults, unjudged };
}

function findListedTwice({ key, sha256, keys }: { key: string; sha256: string; keys: readonly string[] }, listed: ReadonlyMap<string, string>): ListFault[] {
  const again = keys.find((one) => listed.has(one));
  if (again === undefined) return [];
  return [{ code: "listed_wrongly", key, sha256, what: `and ${listed.get(again) ?? ""} both list ${again}`, expected: null, found: null }];
}

/**
 * The keys that readable digests list, and the exports that no trusted key vouches for. Skips broken digests: verification reports them.
 * @param entries as for `readChain`.
 */
export async function readListed(archive: ObjectStore, entries: readonly ObjectEntry[], annulled = NOTHING_ANNULLED): Promise<{ keys: Set<string>; unvouched: Map<string, UnvouchedReason> }> {
  const listed = { keys: new Set<string>(), unvouched: new Map<string, UnvouchedReason>() };
  await mapDocuments(
    entries,
    async (entry) => {
      const read = await readDocument(archive, entry, digest);
      if ("problem" in read || annulled.has(read.sha256)) return;
      for (const { key } of [...read.document.exports, ...read.document.events]) listed.keys.add(key);
      for (const one of read.document.exports) {
        const reason = unvouchedMark(one);
        if (reason !== undefined) listed.unvouched.set(one.key, reason);
      }
    },
  );
  return listed;
}

/** Throws `archive_broken` if a chain's newest digest is not what a trusted key signed. */
export function checkLast(archive: ObjectStore, { last }: Chain, trusted: ReadonlySet<string>): void {
  if (last === undefined) return;
  const { header, key, exports, events } = last.document;
  if (!isSignatureGood(last.document)) throw broken(archive, last.key, "its signature is not valid");
  if (key === null || !trusted.has(key)) throw broken(archive, last.key, `it is signed by ${key ?? "nobody"}, which no rotation links to the configured key`);
  const isWhole = header.exports === exports.length && header.events === events.length && header.root === merkleRoot([...exports, ...events]);
  if (!isWhole) throw broken(archive, last.key, "its lists are not what was signed");
}

/** Throws `archive_broken` if another gateway's chain names a digest that this chain lacks: its end may have been cut off. */
export function checkAgainst(archive: ObjectStore, chain: Chain, others: readonly Chain[]): void {
  for (const { instance, others: known } of others) {
    const seen = known.find((link) => link.instance === chain.instance);
    if (seen === undefined || isSameLink(chain.links[seen.number - 1] ?? null, seen)) continue;
    throw broken(archive, archiveLayout.digest(chain.instance, seen.date), `the chain of ${instance} names it with SHA-256 ${seen.sha256}`);
  }
}

function linkTo({ sha256, document: { header } }: StoredDocument<Digest>): DigestLink {
  return { instance: header.instance, date: header.date, number: header.number, sha256 };
}

function isSameLink(a: DigestLink | null, b: DigestLink | null): boolean {
  if (a === null || b === null) return a === b;
  return a.instance === b.instance && a.date === b.date && a.number === b.number && a.sha256 === b.sha256;
}

function broken({ url }: ObjectStore, key: string, problem: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key}: ${problem}`, {
    remedy: "nothing was sealed: aperture-ledger archive verify reports what was altered; restore it from a backup",
  });
}
