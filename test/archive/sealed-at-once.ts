import type { Digest } from "../../src/archive/chain/digest.ts";
import { type ListedEvent, type ListedExport, makeDigest } from "../../src/archive/chain/digest.ts";
import { generateKeys, readSigningKey, type SigningKey } from "../../src/archive/chain/signing-key.ts";
import { documentBytes } from "../../src/archive/chain/signed.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import { archiveLayout, kindOfArchived } from "../../src/archive/archive-layout.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";

/** A signing key of its own, with its public key as PEM. */
export function newKey(): { key: SigningKey; pem: string } {
  const { privateKey, publicKey } = generateKeys();
  return { key: readSigningKey(privateKey, "the test"), pem: publicKey };
}

/** Lists every export and event of a gateway that there is in its first digest. */
export async function sealAll(archive: ObjectStore, instance: string, key: SigningKey, date = "2026-11-01"): Promise<Digest> {
  const exports: ListedExport[] = [];
  const events: ListedEvent[] = [];
  for await (const { key: at, etag, size } of archive.list(archiveLayout.instance(instance))) {
    const { kind } = kindOfArchived(at);
    const sha256 = sha256Hex(await archive.read(at));
    if (kind === "event") events.push({ key: at, size, sha256 });
    if (kind === "export") exports.push({ key: at, size, sha256, etag, arrived: null, bodies: "keep", records: null, receipt: null, retention: null });
  }
  const made = { instance, date, number: 1, sealed_at: `${date}T00:00:00.000Z`, previous: null, others: [], closes: [] };
  const digest = makeDigest(made, { exports, events }, key);
  await archive.create(archiveLayout.digest(instance, date), documentBytes(digest));
  return digest;
}
