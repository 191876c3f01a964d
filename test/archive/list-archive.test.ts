import { expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { listArchive, listInstances, listWithoutReceipts } from "../../src/archive/copies/list-archive.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectEntry } from "../../src/storage/object-store.ts";
import { keysOf } from "../keys-of.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { intoFolder } from "./sealed-archive.ts";

/** Says how many objects were listed. */
class CountingStore extends FsStore {
  listed = 0;

  override async *list(prefix: string, after?: string): AsyncGenerator<ObjectEntry> {
    for await (const entry of super.list(prefix, after)) {
      this.listed++;
      yield entry;
    }
  }
}

const GATEWAYS = ["prod", "prod-eu", "prod.us"];
const EXPORTS = 1500;

async function largeArchive(): Promise<CountingStore> {
  const root = temporaryFolder();
  const put = intoFolder(root);
  for (const instance of GATEWAYS) {
    for (let number = 0; number < EXPORTS; number++) {
      const key = `${archiveLayout.instance(instance)}2026/10/05/export-${String(number)}.cbor.zstd`;
      await put(key, Buffer.from("x"), null);
      await put(archiveLayout.receipt(key), Buffer.from("{}"), null);
    }
    await put(archiveLayout.digest(instance, "2026-10-05"), Buffer.from("{}"), null);
    await put(archiveLayout.event(instance, { at: "2026-10-05T00:00:00.000Z", kind: "hold", id: "h1" }), Buffer.from("{}"), null);
  }
  await put("archive/note", Buffer.from("somebody else put it there"), null);
  return new CountingStore(root);
}

test("a large archive is listed but for most of its receipts, and its gateways are found without listing it", async () => {
  const archive = await largeArchive();
  const all = await keysOf(archive);
  const receipts = all.filter((key) => key.includes("/_receipts/"));
  archive.listed = 0;
  const found: string[] = [];
  for await (const { key } of listWithoutReceipts(archive)) found.push(key);
  expect(found).toEqual(all.filter((key) => !receipts.includes(key)));
  expect(archive.listed).toBe(all.length - receipts.length + GATEWAYS.length * 1000);

  archive.listed = 0;
  expect(await listInstances(archive)).toEqual(["note", "prod-eu", "prod.us", "prod"]);
  expect(archive.listed).toBe(GATEWAYS.length + 1);
  expect([...(await listArchive(archive)).keys()].sort()).toEqual(GATEWAYS);
});
