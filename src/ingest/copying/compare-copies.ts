import { loadVerifiedEvents } from "../../archive/chain/verified-events.ts";
import type { ArchiveEvent } from "../../archive/chain/event.ts";
import { reductionsBetween, reductionsOf } from "../../archive/chain/reduced-content.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { hashObjects } from "../../lake/same-bytes.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import type { Archiving } from "../../archive/archiving.ts";

/** A copy in the archive that differs from its export's manifest. */
export interface AlteredCopy {
  instance: string;
  export: string;
  /** Key in the archive. */
  key: string;
  /** Expected and found content. `sha256` is null where a different size already shows that the copy was altered. */
  expected: { size: number; sha256: string };
  found: { size: number; sha256: string | null };
}

export interface ComparedCopies {
  /** Sorted by key. */
  altered: AlteredCopy[];
  /** ETags of unchanged copies whose ETag is different, by key. */
  restored: ReadonlyMap<string, string>;
  /** Number of copies with a different ETag that were not read, because the limit was reached. */
  notCompared: number;
}

interface Doubtful {
  known: KnownExport;
  expected: { size: number; sha256: string };
  there: ObjectEntry;
  /** Signed events about the gateway's copies. */
  declared: readonly ArchiveEvent[];
}

/**
 * Compares the copies in the archive with their exports' manifests, by listed size and ETag. A copy is only read where its ETag differs and
 * its size does not, since a copied or restored archive has different ETags throughout.
 * A change that a signed event declares is not an alteration: a run ended between changing the copy and updating the manifest.
 * @param archived the objects of the archive, by key. @param mostBytes limit of bytes to read; the next call continues.
 */
export async function compareCopies(
  archive: ObjectStore,
  { signingKey }: Pick<Archiving, "signingKey">,
  exports: Iterable<KnownExport>,
  archived: ReadonlyMap<string, ObjectEntry>,
  mostBytes: number,
): Promise<ComparedCopies> {
  const doubtful = await findDoubtful(archive, signingKey?.publicKey, exports, archived);
  let bytes = 0;
  const read = doubtful.filter((one) => !isSized(one) && (bytes += one.there.size) <= mostBytes);
  const hashes = await hashObjects(archive, read.map(({ there }) => there));
  const isAltered = (one: Doubtful): boolean => isSized(one) || isOther(one, hashes.get(one.there.key));
  return {
    altered: doubtful.filter(isAltered).map(({ known, expected, there }) => describe(known, expected, { size: there.size, sha256: hashes.get(there.key) ?? null })),
    restored: new Map(read.filter(({ expected, there }) => hashes.get(there.key) === expected.sha256).map(({ there: { key, etag } }) => [key, etag])),
    notCompared: doubtful.filter((one) => !isSized(one) && !read.includes(one)).length,
  };
}

async function findDoubtful(archive: ObjectStore, publicKey: string | undefined, exports: Iterable<KnownExport>, archived: ReadonlyMap<string, ObjectEntry>): Promise<Doubtful[]> {
  const doubtful = [...exports].flatMap((known): Omit<Doubtful, "declared">[] => {
    const there = archived.get(known.archive);
    const { copy, content: expected } = known;
    if (copy === "purged" || expected === null || there === undefined) return [];
    return there.etag === expected.etag && there.size === expected.size ? [] : [{ known, expected, there }];
  });
  const events = new Map<string, ArchiveEvent[]>();
  for (const instance of new Set(doubtful.map(({ known }) => known.instance))) events.set(instance, await loadDeclared(archive, instance, publicKey));
  return doubtful.map((one) => ({ ...one, declared: events.get(one.known.instance) ?? [] })).sort((a, b) => (a.there.key < b.there.key ? -1 : 1));
}

/** Unreadable events of a gateway declare nothing; archive verify reports what is wrong with them. */
async function loadDeclared(archive: ObjectStore, instance: string, publicKey: string | undefined): Promise<ArchiveEvent[]> {
  try {
    return await loadVerifiedEvents(archive, instance, publicKey);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "archive_broken") return [];
    throw error;
  }
}

/** A different size shows that a copy was altered, unless an event declares a copy of that size. */
function isSized({ expected, there, declared }: Doubtful): boolean {
  return there.size !== expected.size && !reductionsOf(there.key, declared).some(({ object }) => object.after.size === there.size);
}

/** @param found SHA-256; undefined where the copy was not read, or was replaced or removed meanwhile. */
function isOther({ expected, there, declared }: Doubtful, found: string | undefined): boolean {
  if (found === undefined || found === expected.sha256) return false;
  return reductionsBetween(there.key, declared, { from: expected.sha256, to: found }) === undefined;
}

function describe({ instance, name, archive }: KnownExport, expected: AlteredCopy["expected"], found: AlteredCopy["found"]): AlteredCopy {
  return { instance, export: name, key: archive, expected, found };
}

/** Describes how a copy was altered. */
export function sayAlteredCopy({ instance, export: name, key, expected, found }: AlteredCopy): string {
  const how = found.sha256 === null ? `has ${String(found.size)} bytes instead of ${String(expected.size)}` : `has SHA-256 ${found.sha256} instead of ${expected.sha256}`;
  return `the copy of ${name} of ${instance} was altered: ${key} ${how}`;
}
