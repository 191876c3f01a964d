import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { objectChanged } from "../../src/storage/object-errors.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { Download, ObjectBody, ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import { HookedStore } from "../hooked-store.ts";

const MODIFIED_AT = new Date("2026-01-01T00:00:00Z");

/**
 * A folder whose objects look the same on every machine: entity tags come from the content, as a server's do, and neither place
 * nor time of a file shows. Without it each checkout of the golden ledger would look as if every object had been replaced.
 */
export class PortableStore extends HookedStore {
  readonly #files: ObjectStore;
  readonly #name: string;

  constructor(folder: string, name: string) {
    const files = new FsStore(folder);
    super(files, () => undefined);
    this.#files = files;
    this.#name = name;
  }

  override get url(): string {
    return `golden:${this.#name}`;
  }

  override async *list(prefix: string, after?: string): AsyncIterable<ObjectEntry> {
    for await (const { key } of this.#files.list(prefix, after)) yield entryOf(key, await this.#files.read(key));
  }

  override async head(key: string): Promise<ObjectEntry | undefined> {
    return (await this.#files.head(key)) && entryOf(key, await this.#files.read(key));
  }

  override async download(key: string, file: string, expectedEtag?: string): Promise<Download> {
    const bytes = await this.#files.read(key);
    const { size, etag } = entryOf(key, bytes);
    if (expectedEtag !== undefined && etag !== expectedEtag) throw objectChanged(this.url, key);
    await writeFile(file, bytes);
    return { size, etag, sha256: createHash("sha256").update(bytes).digest("hex") };
  }

  override async create(key: string, body: ObjectBody): Promise<ObjectEntry | undefined> {
    return (await this.#files.create(key, body)) && entryOf(key, await bytesOf(body));
  }

  override async replace(key: string, body: ObjectBody): Promise<ObjectEntry> {
    await this.#files.replace(key, body);
    return entryOf(key, await bytesOf(body));
  }
}

async function bytesOf(body: ObjectBody): Promise<Uint8Array> {
  return body instanceof Uint8Array ? body : await readFile(body.file);
}

function entryOf(key: string, bytes: Uint8Array): ObjectEntry {
  return { key, size: bytes.byteLength, etag: createHash("md5").update(bytes).digest("hex"), lastModified: MODIFIED_AT };
}
