import { constants, type BigIntStats } from "node:fs";
import { open, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { fsError, isMissing, systemCode } from "./fs-errors.ts";
import { listFiles } from "./fs-list.ts";
import { createFile, replaceFile } from "./fs-write.ts";
import { objectChanged, objectMissing } from "../object-errors.ts";
import { checkForeignFile, checkKey, checkPrefix, type KeyRules } from "../object-keys.ts";
import type { Retention } from "../object-locks.ts";
import type { ByteRange, Download, ObjectBody, ObjectEntry, ObjectStore, Unlistable } from "../object-store.ts";
import { filePieces } from "../file-pieces.ts";
import { saveStream } from "../save-stream.ts";

/** What a listing does about a missing root directory. */
export type MissingRoot = "is empty" | "is an error";

/** Objects as files below a directory, which the first write creates. */
export class FsStore implements ObjectStore {
  readonly url: string;
  readonly #root: string;
  readonly #missingRoot: MissingRoot;
  readonly #rules: KeyRules;

  /** @param root absolute path. @param rules for the keys that are read; the ledger chooses the keys that it writes. */
  constructor(root: string, missingRoot: MissingRoot = "is empty", rules: KeyRules = "own") {
    this.#rules = rules;
    this.#root = root;
    this.#missingRoot = missingRoot;
    this.url = pathToFileURL(root).href;
  }

  async *list(prefix: string, after?: string, tell?: (place: Unlistable) => void): AsyncGenerator<ObjectEntry> {
    checkPrefix(this.url, prefix);
    if (this.#missingRoot === "is an error") await this.#requireRoot();
    const begin = after === undefined ? undefined : Buffer.from(after);
    for await (const { key, stats } of listFiles(this.url, this.#root, prefix, { after, tell })) {
      if (begin === undefined || Buffer.compare(Buffer.from(key), begin) > 0) yield entryOf(key, stats);
    }
  }

  async head(key: string): Promise<ObjectEntry | undefined> {
    const path = this.#pathToRead(key);
    try {
      const stats = await stat(path, { bigint: true });
      return stats.isFile() ? entryOf(key, stats) : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#error(error, `look at ${JSON.stringify(key)}`, key);
    }
  }

  async read(key: string, range?: ByteRange): Promise<Uint8Array> {
    return this.#withFile(key, async (handle) => {
      if (range === undefined) return handle.readFile();
      const { size } = await handle.stat();
      const wanted = Buffer.alloc(Math.max(0, Math.min(range.last + 1, size) - range.first));
      let filled = 0;
      while (filled < wanted.byteLength) {
        const { bytesRead } = await handle.read(wanted, filled, wanted.byteLength - filled, range.first + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return wanted.subarray(0, filled);
    });
  }

  async download(key: string, file: string, expectedEtag?: string): Promise<Download> {
    return this.#withFile(key, async (handle, stats) => {
      const etag = etagOf(stats);
      if (expectedEtag !== undefined && etag !== expectedEtag) throw objectChanged(this.url, key);
      const saved = await saveStream(filePieces(handle), file);
      // Our own writes replace the file and leave the open one intact; another program may have written into it.
      if (etagOf(await handle.stat({ bigint: true })) !== etag) {
        await rm(file, { force: true });
        throw objectChanged(this.url, key);
      }
      return { ...saved, etag };
    });
  }

  async create(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
    if (retention !== undefined) throw this.#cannotLock(key);
    const path = this.#pathOf(key);
    try {
      const written = await createFile(path, body);
      return written && entryOf(key, written);
    } catch (error) {
      throw this.#error(error, `create ${JSON.stringify(key)}`, key);
    }
  }

  async replace(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry> {
    if (retention !== undefined) throw this.#cannotLock(key);
    const path = this.#pathOf(key);
    try {
      return entryOf(key, await replaceFile(path, body));
    } catch (error) {
      throw this.#error(error, `write ${JSON.stringify(key)}`, key);
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await rm(this.#pathOf(key), { force: true });
    } catch (error) {
      // A directory is not an object; it belongs to other keys and stays.
      if (isMissing(error) || systemCode(error) === "ERR_FS_EISDIR") return;
      throw this.#error(error, `remove ${JSON.stringify(key)}`, key);
    }
  }

  async #requireRoot(): Promise<void> {
    try {
      await stat(this.#root);
    } catch (cause) {
      throw new LedgerError("listing_incomplete", `${this.url} cannot be listed: ${messageOf(cause)}`, {
        remedy: "Check the path: the directory must exist.",
        cause,
      });
    }
  }

  #pathOf(key: string): string {
    checkKey(this.url, key);
    return join(this.#root, key);
  }

  #pathToRead(key: string): string {
    if (this.#rules === "own") return this.#pathOf(key);
    checkForeignFile(this.url, key);
    return join(this.#root, key);
  }

  async #withFile<T>(key: string, use: (handle: FileHandle, stats: BigIntStats) => Promise<T>): Promise<T> {
    const path = this.#pathToRead(key);
    try {
      // O_NONBLOCK: opening a pipe would otherwise wait for a writer.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const stats = await handle.stat({ bigint: true });
        if (!stats.isFile()) throw objectMissing(this.url, key);
        return await use(handle, stats);
      } finally {
        // Node 22 has no `await using`.
        await handle.close();
      }
    } catch (error) {
      if (isMissing(error)) throw objectMissing(this.url, key, error);
      throw this.#error(error, `read ${JSON.stringify(key)}`, key);
    }
  }

  #cannotLock(key: string): LedgerError {
    return new LedgerError("storage_refused", `${this.url}: ${JSON.stringify(key)} cannot be locked: files cannot be.`, {
      remedy: "Keep the archive in an S3 bucket with Object Lock, or leave out archive.lock.",
    });
  }

  #error(error: unknown, attempted: string, key: string): LedgerError {
    return fsError(error, { url: this.url, key, attempted });
  }
}

function entryOf(key: string, stats: BigIntStats): ObjectEntry {
  return { key, size: Number(stats.size), etag: etagOf(stats), lastModified: stats.mtime };
}

/** Two writes within one tick of the file system's clock still differ in inode or size. */
function etagOf({ mtimeNs, size, ino }: BigIntStats): string {
  return [mtimeNs, size, ino].map((part) => part.toString(16)).join("-");
}
