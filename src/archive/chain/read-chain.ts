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
import { markOf, type UnvouchedReason } from "../copies/unvouched.ts";

/** What the next link of a gateway's chain has to know of those before it. */
export interface Chain {
  instance: string;
  /** Oldest first. */
  links: DigestLink[];
  /** Undefined where none was made yet. */
  last: StoredDocument<Digest> | undefined;
  /** Keys of the exports and events that digests list. */
  listed: ReadonlySet<string>;
  /** The furthest that its digests know of the other gateways' chains. */
  others: DigestLink[];
  /** Oldest first. */
  headers: KnownHeader[];
  /** What its digests say that no true one would. */
  faults: ListFault[];
  /** Exports with a receipt that the newest digests list which do not say whether a trusted key vouches for it. */
  unjudged: string[];
  /** What its digests say last of the records that they note, by key. */
  noted: ReadonlyMap<string, Noting>;
  /** When records were noted last; undefined where no digest notes any. */
  notedUntil: string | undefined;
}

/** What is kept of each digest. */
interface KnownHeader {
  key: string;
  sha256: string;
  header: Pick<DigestHeader, "date" | "sealed_at" | "closes" | "vouched">;
}

/** How many receipts of a digest from before there were marks are looked at. */
const MOST_UNJUDGED = 8;

/**
 * Reads a gateway's chain and checks that each link is made upon the one before. Of the last one nothing vouches for its bytes but
 * its signature: `checkLast`. Throws `archive_broken`.
 * @param entries digests as they were listed. @param annulled digests of any gateway that count for nothing.
 */
export async function readChain(archive: ObjectStore, instance: string, entries: readonly ObjectEntry[], annulled: Annulled): Promise<Chain> {
  const listed = new Map<string, string>();
  const faults: ListFault[] = [];
  let last: StoredDocument<Digest> | undefined;
  // Not kept as they are: years of them would not fit into memory.
  const read = await mapDocuments(
    entries,
    async (entry) => {
      const stored = whole(archive, await readDocument(archive, entry, digest));
      if (annulled.has(stored.sha256)) return [];
      const { header, exports } = stored.document;
      if (last === undefined || header.date >= last.document.header.date) last = stored;
      const within = findDisorder(stored);
      faults.push(...within, ...(within.length === 0 ? findListedTwice(stored, listed) : []));
      for (const { key } of [...exports, ...stored.document.events]) listed.set(key, entry.key);
      const unjudged = header.vouched === undefined ? exports.flatMap(({ key, receipt }) => (receipt === null ? [] : [key])).slice(-MOST_UNJUDGED) : [];
      const { date, sealed_at, closes, vouched } = header;
      const known: KnownHeader = { key: entry.key, sha256: stored.sha256, header: { date, sealed_at, closes, ...(vouched === undefined ? {} : { vouched }) } };
      return [{ key: entry.key, previous: header.previous, others: header.others, link: linkTo(stored), known, unjudged, noting: { date, sealed_at, records: header.records } }];
    },
  );
  const headers = read.flat().sort((a, b) => (a.link.date < b.link.date ? -1 : 1));
  const voidKeys = annulledKeys(annulled);
  for (const [index, { key, link, previous }] of headers.entries()) {
    const before = headers[index - 1]?.link ?? null;
    const isInPlace = link.instance === instance && key === placeOfDigest(instance, link.date, voidKeys);
    if (!isInPlace) throw broken(archive, key, `it says that it is the digest of ${link.date} of ${link.instance}`);
    if (link.number !== index + 1) throw broken(archive, key, `it is digest ${String(link.number)}, and ${String(index)} digests lie before it`);
    if (!isSameLink(previous, before)) throw broken(archive, key, "it was not made upon the digest that lies before it");
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

function findListedTwice({ key, sha256, document }: StoredDocument<Digest>, listed: ReadonlyMap<string, string>): ListFault[] {
  const again = [...document.exports, ...document.events].find((one) => listed.has(one.key));
  if (again === undefined) return [];
  return [{ code: "listed_wrongly", key, sha256, what: `and ${listed.get(again.key) ?? ""} both list ${again.key}`, expected: null, found: null }];
}

/**
 * What readable digests list, and of the exports those that no trusted key vouches for; what is broken is told by those who check.
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
        const reason = markOf(one);
        if (reason !== undefined) listed.unvouched.set(one.key, reason);
      }
    },
  );
  return listed;
}

/** Throws `archive_broken` where a chain's last digest is not what a trusted key signed. */
export function checkLast(archive: ObjectStore, { last }: Chain, trusted: ReadonlySet<string>): void {
  if (last === undefined) return;
  const { header, key, exports, events } = last.document;
  if (!isSignatureGood(last.document)) throw broken(archive, last.key, "its signature is not good");
  if (key === null || !trusted.has(key)) throw broken(archive, last.key, `it is signed by ${key ?? "nobody"}, which no rotation links to the configured key`);
  const isWhole = header.exports === exports.length && header.events === events.length && header.root === merkleRoot([...exports, ...events]);
  if (!isWhole) throw broken(archive, last.key, "what it lists is not what was signed");
}

/** Throws `archive_broken` where another gateway's chain knows a digest that this one has not: its end may have been cut off. */
export function checkAgainst(archive: ObjectStore, chain: Chain, others: readonly Chain[]): void {
  for (const { instance, others: known } of others) {
    const seen = known.find((link) => link.instance === chain.instance);
    if (seen === undefined || isSameLink(chain.links[seen.number - 1] ?? null, seen)) continue;
    throw broken(archive, archiveLayout.digest(chain.instance, seen.date), `the chain of ${instance} knows it with SHA-256 ${seen.sha256}`);
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
    remedy: "nothing is sealed upon it: aperture-ledger archive verify says what was altered; restore it from a backup",
  });
}
