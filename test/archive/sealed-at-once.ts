import { archiveLayout } from "../../src/lake/layout.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import { type ListedEvent, type ListedExport, makeDigest } from "../../src/archive/chain/digest.ts";
import { loadDigests } from "../../src/archive/chain/read-document.ts";
import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import { listGateway, listInstances } from "../../src/archive/copies/list-archive.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";

/** Adds a digest to each gateway's chain that lists every copy and event that none lists yet, whatever their receipts say. */
export async function sealCopies(archive: ObjectStore, key: SigningKey, date: string): Promise<void> {
  const describe = async (place: string): Promise<ListedEvent> => {
    const bytes = await archive.read(place);
    return { key: place, size: bytes.byteLength, sha256: sha256Hex(bytes) };
  };
  for (const instance of await listInstances(archive)) {
    const digests = await loadDigests(archive, instance);
    const listed = new Set(digests.flatMap(({ document }) => [...document.exports, ...document.events].map((one) => one.key)));
    const there = await listGateway(archive, instance);
    const exports: ListedExport[] = [];
    const events: ListedEvent[] = [];
    for (const { key: place } of there.events) if (!listed.has(place)) events.push(await describe(place));
    for (const { key: place, etag } of there.exports.values()) {
      if (!listed.has(place)) exports.push({ ...(await describe(place)), etag, arrived: null, bodies: "keep", records: null, receipt: null, retention: null });
    }
    const last = digests.at(-1);
    const previous = last === undefined ? null : { instance, date: last.document.header.date, number: last.document.header.number, sha256: last.sha256 };
    const made = { instance, date, number: (previous?.number ?? 0) + 1, sealed_at: `${date}T01:00:00.000Z`, previous, others: [], closes: [] };
    await archive.create(archiveLayout.digest(instance, date), canonicalBytes(await makeDigest(made, { exports, events }, key)));
  }
}
