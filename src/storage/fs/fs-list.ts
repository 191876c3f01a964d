import { isUtf8 } from "node:buffer";
import type { BigIntStats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { ascending } from "../../ledger/orders.ts";
import { isMissing, systemCode } from "./fs-errors.ts";
import { TEMPORARY_PREFIX } from "../object-keys.ts";
import type { Unlistable } from "../object-store.ts";

/** A file that the walk found. */
export interface FoundFile {
  key: string;
  stats: BigIntStats;
}

/** Concurrent stat calls: enough to keep the thread pool busy, few enough for a directory of any size. */
const STATS_AT_ONCE = 64;

/** A name in a directory, its kind, and its sort key in bytes. */
interface Found {
  name: string;
  sortKey: Buffer;
  stats: BigIntStats;
}

/** A directory on the way down, identified by device and inode. */
type Ancestors = ReadonlySet<string>;

/** Receives what cannot be listed; where it is undefined, that ends the listing. */
type Tell = ((place: Unlistable) => void) | undefined;

/**
 * Files below `root` whose key starts with `prefix`, in byte order of their keys.
 * Follows symbolic links. Files that vanish during the walk were removed and are left out; anything else that cannot be
 * read throws `listing_incomplete`, or is reported and skipped. A root that does not exist is empty.
 * @param after folders that cannot contain later keys are skipped; some results may still come before it.
 */
export async function* listFiles(url: string, root: string, prefix: string, { after, tell }: { after?: string | undefined; tell?: Tell }): AsyncGenerator<FoundFile> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const stats = await tolerate(tell, folder, () => statOf(url, root, folder));
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    if (folder !== "") return;
    throw incomplete(url, "", "it is not a directory");
  }
  yield* walk({ url, root, prefix, tell, after: after === undefined ? undefined : Buffer.from(after) }, folder, new Set([identity(stats)]));
}

interface Walk {
  url: string;
  root: string;
  prefix: string;
  tell: Tell;
  after: Buffer | undefined;
}

async function* walk(all: Walk, folder: string, ancestors: Ancestors): AsyncGenerator<FoundFile> {
  for (const { name, stats } of await readFolder(all, folder)) {
    const key = folder + name;
    if (stats.isFile()) yield { key, stats };
    else if (!stats.isDirectory()) all.tell?.({ key, problem: "it is neither a file nor a folder", isOdd: true });
    if (!stats.isDirectory()) continue;
    const itself = identity(stats);
    if (ancestors.has(itself)) {
      await tolerate(all.tell, key, () => {
        throw incomplete(all.url, key, "it is a link to a directory that it lies in");
      });
      continue;
    }
    yield* walk(all, `${key}/`, new Set([...ancestors, itself]));
  }
}

/** The entries of a folder that can lead to keys with the prefix and after `after`, in the order of those keys: a directory sorts as `name/`. */
async function readFolder({ url, root, prefix, after, tell }: Walk, folder: string): Promise<Found[]> {
  const names = (await tolerate(tell, folder, () => namesIn(url, root, folder, tell))) ?? [];
  const wanted = names.filter((name) => {
    const path = folder + name;
    return (path.startsWith(prefix) || prefix.startsWith(`${path}/`)) && (after === undefined || leadsBehind(path, after));
  });
  const found: Found[] = [];
  const unreadable: Unlistable[] = [];
  const note: Tell = tell && ((place) => void unreadable.push(place));
  for (let start = 0; start < wanted.length; start += STATS_AT_ONCE) {
    const batch = wanted.slice(start, start + STATS_AT_ONCE);
    found.push(...(await Promise.all(batch.map(async (name) => (await tolerate(note, folder + name, () => lookAt(url, root, folder, name))) ?? []))).flat());
  }
  // In order of key, whichever was looked at first.
  for (const place of unreadable.sort((a, b) => ascending(a.key, b.key))) tell?.(place);
  return found.sort((a, b) => Buffer.compare(a.sortKey, b.sortKey));
}

/** Whether the file at that path, or one below it, may come after a key. */
function leadsBehind(path: string, after: Buffer): boolean {
  const below = Buffer.from(`${path}/`);
  return Buffer.compare(Buffer.from(path), after) > 0 || Buffer.compare(below, after) > 0 || after.subarray(0, below.length).equals(below);
}

async function namesIn(url: string, root: string, folder: string, tell: Tell): Promise<string[]> {
  let names: Buffer[];
  try {
    names = await readdir(join(root, folder), { encoding: "buffer" });
  } catch (error) {
    if (isMissing(error)) return [];
    throw incomplete(url, folder, messageOf(error), error);
  }
  return names.flatMap((bytes) => {
    if (!isUtf8(bytes)) {
      const problem = `the name ${JSON.stringify(bytes.toString("latin1"))} is not UTF-8`;
      if (tell === undefined) throw incomplete(url, folder, problem);
      tell({ key: folder + bytes.toString("latin1"), problem });
      return [];
    }
    const name = bytes.toString();
    return name.startsWith(TEMPORARY_PREFIX) ? [] : [name];
  });
}

async function lookAt(url: string, root: string, folder: string, name: string): Promise<Found[]> {
  const stats = await statOf(url, root, folder + name);
  if (stats === undefined) return [];
  return [{ name, stats, sortKey: Buffer.from(stats.isDirectory() ? `${name}/` : name) }];
}

/** Reports what cannot be read and then skips it. */
async function tolerate<Result>(tell: Tell, key: string, look: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await look();
  } catch (error) {
    if (tell === undefined || !(error instanceof LedgerError)) throw error;
    tell({ key, problem: error.message });
    return undefined;
  }
}

/** `undefined` for a file that was removed meanwhile. A dangling link throws: it may lead to a disk that is not mounted. */
async function statOf(url: string, root: string, key: string): Promise<BigIntStats | undefined> {
  const path = join(root, key);
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error) && !(await isLink(path))) return undefined;
    throw incomplete(url, key, messageOf(error), error);
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function identity(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

function incomplete(url: string, key: string, problem: string, cause?: unknown): LedgerError {
  const where = key === "" ? "" : ` at ${JSON.stringify(key)}`;
  return new LedgerError("listing_incomplete", `${url}: the listing breaks off${where}: ${problem}.`, {
    remedy: "Make everything below the root readable, or move foreign files elsewhere.",
    retryable: RETRYABLE.has(systemCode(cause) ?? ""),
    cause,
  });
}

const RETRYABLE: ReadonlySet<string> = new Set(["EIO", "ESTALE", "ETIMEDOUT", "EMFILE", "ENFILE", "EAGAIN"]);
