import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { archiveLayout } from "../../src/lake/layout.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { Digest, DigestHeader, ListedEvent, ListedExport } from "../../src/archive/chain/digest.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import type { Receipt, RetentionPromise } from "../../src/archive/copies/receipt.ts";
import { addDays, daysBetween } from "../../src/ledger/days.ts";
import { digestNow, newKey, signNow, type TestKey } from "./sign-now.ts";

export type Put = (key: string, bytes: Uint8Array, retention: RetentionPromise | null) => Promise<void> | void;

/** Files written without waiting for the disk: ten thousand of them take a second or two. */
export function intoFolder(root: string): Put {
  const made = new Set<string>();
  return (key, bytes) => {
    const file = join(root, key);
    const folder = dirname(file);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    writeFileSync(file, bytes);
  };
}

interface AddedExport {
  bytes?: Uint8Array;
  /** `none`: as in lakes from before there were receipts. */
  receipt?: "signed" | "unsigned" | "none";
  retention?: RetentionPromise | null;
  records?: ListedExport["records"];
  receivedAt?: string;
}

/** Makes archives as ingestion and sealing leave them, in whatever order a test wants. */
export class SealedArchive {
  key: TestKey;
  readonly put: Put;
  /** Newest digest of each gateway. */
  readonly heads = new Map<string, { link: NonNullable<DigestHeader["previous"]>; digest: Digest }>();
  readonly #exports = new Map<string, ListedExport[]>();
  readonly #events = new Map<string, ListedEvent[]>();

  constructor(put: Put, key: TestKey = newKey()) {
    this.put = put;
    this.key = key;
  }

  /** Archives an export of that day with its receipt; the next `seal` lists it. Resolves to its key. */
  async addExport(instance: string, date: string, name: string, { bytes, receipt = "signed", retention = null, records = null, receivedAt = `${date}T10:00:00.000Z` }: AddedExport = {}): Promise<string> {
    const key = `${archiveLayout.instance(instance)}${date.replaceAll("-", "/")}/${name}.cbor.zstd`;
    const body = bytes ?? Buffer.from(`what ${instance} exported as ${name} on ${date}`);
    const kept = { size: body.byteLength, sha256: sha256Hex(body) };
    await this.put(key, body, retention);
    let receiptHash: string | null = null;
    if (receipt !== "none") {
      const header: Receipt["header"] = { format: 1, instance, key, received_at: receivedAt, arrived: kept, kept, bodies: "keep", damage: null, retention };
      const document = canonicalBytes(signNow(header, receipt === "signed" ? this.key : undefined));
      await this.put(archiveLayout.receipt(key), document, null);
      receiptHash = sha256Hex(document);
    }
    const listed: ListedExport = { key, ...kept, etag: "as it was", arrived: null, bodies: "keep", records, receipt: receiptHash, retention };
    this.#exports.set(instance, [...(this.#exports.get(instance) ?? []), listed]);
    return key;
  }

  async addEvent(event: ArchiveEvent): Promise<string> {
    const key = archiveLayout.event(event.instance, event);
    const bytes = canonicalBytes(signNow(event, this.key));
    await this.put(key, bytes, null);
    this.#events.set(event.instance, [...(this.#events.get(event.instance) ?? []), { key, size: bytes.byteLength, sha256: sha256Hex(bytes) }]);
    return key;
  }

  /** A digest of that day for each gateway, listing what was added since. Resolves to their keys. */
  async seal(date: string, instances: readonly string[], closes: DigestHeader["closes"] = []): Promise<string[]> {
    const before = new Map(this.heads);
    const keys: string[] = [];
    for (const instance of instances) {
      const previous = before.get(instance)?.link ?? null;
      const others = [...before.values()].map(({ link }) => link).filter((link) => link.instance !== instance);
      const made = { instance, date, number: (previous?.number ?? 0) + 1, sealed_at: `${date}T23:00:00.000Z`, previous, others, closes };
      const digest = digestNow(made, { exports: this.#exports.get(instance) ?? [], events: this.#events.get(instance) ?? [] }, this.key);
      this.#exports.delete(instance);
      this.#events.delete(instance);
      keys.push(await this.putDigest(digest));
    }
    return keys;
  }

  async putDigest(digest: Digest): Promise<string> {
    const { instance, date, number } = digest.header;
    const key = archiveLayout.digest(instance, date);
    const bytes = canonicalBytes(digest);
    await this.put(key, bytes, null);
    this.heads.set(instance, { link: { instance, date, number, sha256: sha256Hex(bytes) }, digest });
    return key;
  }

  /** Each day the same number of exports of each gateway, sealed in the evening. */
  async addDays(first: string, days: number, instances: readonly string[], exportsADay: number, options: AddedExport = {}): Promise<void> {
    for (const date of daysBetween(first, addDays(first, days))) {
      for (const instance of instances) {
        for (let number = 0; number < exportsADay; number++) await this.addExport(instance, date, `export-${String(number)}`, options);
      }
      await this.seal(date, instances);
    }
  }
}
