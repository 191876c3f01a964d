import { loadBelieved } from "../../archive/chain/believed-events.ts";
import type { ArchiveEvent } from "../../archive/chain/event.ts";
import { reductionsBetween, reductionsOf } from "../../archive/chain/reduced-content.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { hashObjects } from "../../lake/same-bytes.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import type { Archiving } from "../../archive/archiving.ts";

/** A copy in the archive that is not the one which its export's manifest describes. */
export interface AlteredCopy {
  instance: string;
  export: string;
  /** In the archive. */
  key: string;
  /** What it ought to be, and is. `sha256` is null where another size already says that it was altered. */
  expected: { size: number; sha256: string };
  found: { size: number; sha256: string | null };
}

export interface ComparedCopies {
  /** In order of keys. */
  altered: AlteredCopy[];
  /** ETags of copies that are what they were under another ETag, by key. */
  restored: ReadonlyMap<string, string>;
  /** How many have another ETag and were not read, because too much was read already. */
  notCompared: number;
}

interface Doubtful {
  known: KnownExport;
  expected: { size: number; sha256: string };
  there: ObjectEntry;
  /** What signed events say of the gateway's copies. */
  declared: readonly ArchiveEvent[];
}

/**
 * Compares the copies in the archive with what their exports' manifests say of them, by size and ETag as they were listed. Only where
 * the ETag is another one and the size is not is a copy read, since a copied or restored archive has other ETags throughout.
 * What signed events declare is not altered: a run ended between changing a copy and saying so.
 * @param archived what the archive holds, by key. @param mostBytes of copies that are read; the rest is left for the next call.
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

/** Of a gateway whose events cannot be read nothing is known to be declared; archive verify says what is wrong with them. */
async function loadDeclared(archive: ObjectStore, instance: string, publicKey: string | undefined): Promise<ArchiveEvent[]> {
  try {
    return await loadBelieved(archive, instance, publicKey);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "archive_broken") return [];
    throw error;
  }
}

/** The size alone says that a copy was altered, unless an event declares a copy of that size. */
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

/** What of a copy is other than it was, for people. */
export function sayAlteredCopy({ instance, export: name, key, expected, found }: AlteredCopy): string {
  const how = found.sha256 === null ? `has ${String(found.size)} bytes instead of ${String(expected.size)}` : `has SHA-256 ${found.sha256} instead of ${expected.sha256}`;
  return `the copy of ${name} of ${instance} was altered: ${key} ${how}`;
}
