import { randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { link, mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { systemCode } from "./fs-errors.ts";
import { TEMPORARY_PREFIX } from "../object-keys.ts";
import type { ObjectBody } from "../object-store.ts";
import { filePieces } from "../file-pieces.ts";

/** Puts a complete file in place and replaces an existing one; returns the stats of the written file. */
export async function replaceFile(path: string, body: ObjectBody): Promise<BigIntStats> {
  return throughTemporary(path, body, async (temporary, written) => {
    await rename(temporary, path);
    return written;
  });
}

/** Puts a complete file in place; where one exists already it returns `undefined` and changes nothing. */
export async function createFile(path: string, body: ObjectBody): Promise<BigIntStats | undefined> {
  return throughTemporary(path, body, async (temporary, written) => ((await linkOnce(temporary, path)) ? written : undefined));
}

/** `link` is the only call that names a finished file only if the name is free. */
async function linkOnce(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS" && code !== "EMLINK") throw error;
    throw new LedgerError("storage_refused", `cannot link ${path}: ${messageOf(error)}`, {
      remedy: "Keep the store on a file system that has hard links: they are needed for writes that must not overwrite.",
      cause: error,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Writes the body to a temporary file, forces it to disk, then lets `publish` give it its name: no reader ever sees a part of it.
 * The stats are taken before that, since afterwards a different file may have the name.
 */
async function throughTemporary<T>(
  path: string,
  body: ObjectBody,
  publish: (temporary: string, written: BigIntStats) => Promise<T>,
): Promise<T> {
  const directory = dirname(path);
  const firstMade = await mkdir(directory, { recursive: true });
  const temporary = join(directory, `${TEMPORARY_PREFIX}${randomUUID()}`);
  try {
    const published = await publish(temporary, await writeDurably(temporary, body));
    await syncDirectories(directory, firstMade);
    return published;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeDurably(path: string, body: ObjectBody): Promise<BigIntStats> {
  const handle = await open(path, "wx");
  try {
    if (body instanceof Uint8Array) await handle.writeFile(body);
    else await copyInto(handle, body.file);
    await handle.sync();
    return await handle.stat({ bigint: true });
  } finally {
    await handle.close();
  }
}

/** Reads and writes instead of `copyFile`, which would copy the permissions of a temporary file. */
async function copyInto(handle: FileHandle, file: string): Promise<void> {
  const original = await open(file);
  try {
    for await (const piece of filePieces(original)) await handle.writeFile(piece);
  } finally {
    await original.close();
  }
}

/** A name is durable only once its directory is synced; so are the names of directories created on the way. */
async function syncDirectories(directory: string, firstMade: string | undefined): Promise<void> {
  const last = firstMade === undefined ? directory : dirname(firstMade);
  for (let current = directory; ; current = dirname(current)) {
    await syncDirectory(current);
    if (current === last || current === dirname(current)) return;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(directory, "r");
    await handle.sync();
  } catch (error) {
    // Some network file systems lack this call, and a directory may be writable without being readable.
    if (!CANNOT_SYNC.has(systemCode(error) ?? "")) throw error;
  } finally {
    await handle?.close();
  }
}

const CANNOT_SYNC: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EBADF", "EACCES", "EPERM"]);
