import { describe, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { isSignatureGood } from "../../src/archive/chain/signed.ts";
import type { Receipt } from "../../src/archive/copies/receipt.ts";
import { writeReceipt } from "../../src/archive/copies/write-receipt.ts";
import { archiveLayout, layout, parseArchiveKey } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { copiesOf } from "../archived-copies.ts";
import { recordWrites } from "../hooked-store.ts";
import { dyingAt } from "./stopping-stores.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { KEY, sha256, signingWith } from "./sealing.ts";

const ONE = [{ by: "ann@example.com", at: "2026-10-10T12:00:00Z" }];

function sourceWith(requests = ONE): FsStore {
  const folder = temporaryFolder();
  writeRequests(folder, requests);
  return new FsStore(folder);
}

async function receiptOf(archive: ObjectStore, copy: string): Promise<Receipt> {
  return JSON.parse(Buffer.from(await archive.read(archiveLayout.receipt(copy))).toString()) as Receipt;
}

describe("an export that arrives", () => {
  test("has a signed receipt before anything is derived from it", async () => {
    const lake = new FsStore(temporaryFolder());
    const { store, writes } = recordWrites(lake);
    await runOnce(testLedger(sourceWith(), store, signingWith()));
    const [copy = ""] = await copiesOf(lake);
    expect(writes.slice(0, 2)).toEqual([`create ${copy}`, `create ${archiveLayout.receipt(copy)}`]);
    const bytes = await lake.read(copy);
    const content = { size: bytes.byteLength, sha256: sha256(bytes) };
    const receipt = await receiptOf(lake, copy);
    expect(receipt.header).toMatchObject({ instance: "prod", key: copy, arrived: content, kept: content, bodies: "keep", damage: null });
    expect([receipt.key, isSignatureGood(receipt)]).toEqual([KEY.publicKey, true]);
  });

  test("has one that nobody signed where no key is configured", async () => {
    const lake = new FsStore(temporaryFolder());
    await runOnce(testLedger(sourceWith(), lake));
    const [copy = ""] = await copiesOf(lake);
    expect(await receiptOf(lake, copy)).toMatchObject({ header: { key: copy }, key: null, signature: null });
  });

  test("has one also where the process was killed before it was written", async () => {
    const [source, lake] = [sourceWith(), new FsStore(temporaryFolder())];
    await expect(runOnce(testLedger(source, dyingAt(lake, "create", "archive/prod/_receipts/")))).rejects.toMatchObject({ code: "exports_failed" });
    const [copy = ""] = await copiesOf(lake);
    expect(await lake.head(archiveLayout.receipt(copy))).toBeUndefined();
    await runOnce(testLedger(source, lake));
    expect((await receiptOf(lake, copy)).header.kept.sha256).toBe(sha256(await lake.read(copy)));
  });
});

describe("a receipt", () => {
  test("stays when its export is read again, from the archive or from the source", async () => {
    const [source, lake] = [sourceWith(), new FsStore(temporaryFolder())];
    await runOnce(testLedger(source, lake, signingWith(), { work: { clock: () => new Date("2026-10-11T01:00:00Z") } }));
    const [copy = ""] = await copiesOf(lake);
    const before = await receiptOf(lake, copy);
    for await (const { key } of lake.list("landing/")) await lake.remove(key);
    await runOnce(testLedger(source, lake, signingWith()));
    for await (const { key } of lake.list("_ledger/exports/")) await lake.remove(key);
    await runOnce(testLedger(source, lake, signingWith()));
    expect(await receiptOf(lake, copy)).toEqual(before);
    expect(before.header.received_at).toBe("2026-10-11T01:00:00.000Z");
  });

  test("of a copy that was there before receipts were says that nobody saw it arrive", async () => {
    const [source, lake] = [sourceWith(), new FsStore(temporaryFolder())];
    await runOnce(testLedger(source, lake));
    const [copy = ""] = await copiesOf(lake);
    await lake.remove(archiveLayout.receipt(copy));
    expect((await runOnce(testLedger(source, lake, signingWith()))).exports).toMatchObject({ ingested: 0 });
    expect(await lake.head(archiveLayout.receipt(copy))).toBeUndefined();
    for await (const { key } of lake.list("landing/")) await lake.remove(key);
    await runOnce(testLedger(source, lake, signingWith()));
    expect((await receiptOf(lake, copy)).header).toMatchObject({ arrived: null, kept: { sha256: sha256(await lake.read(copy)) } });
  });

  test("of other bytes than the copy has is a conflict, unless a declared reduction explains them", async () => {
    const lake = new FsStore(temporaryFolder());
    const key = layout.archive("prod", new Date("2026-10-10T00:00:00Z"), "dump");
    const received = { instance: "prod", key, received_at: "2026-10-10T00:00:00.000Z", arrived: null, kept: { size: 5, sha256: sha256("whole") }, bodies: "keep", damage: null, retention: null } as const;
    const less = { size: 4, sha256: sha256("less") };
    await writeReceipt(lake, received, KEY);
    await writeReceipt(lake, received, KEY);
    await expect(writeReceipt(lake, { ...received, kept: less }, KEY)).rejects.toMatchObject({ code: "archive_conflict", message: expect.stringContaining(key) as string });
    const objects = [{ key, before: received.kept, after: less, records_removed: 1, bodies_removed: 0 }];
    await recordEvent(lake, { format: 1, kind: "reduction", id: "1", instance: "prod", at: "2026-11-01T00:00:00.000Z", by: "job", rule: "records 10 days", head: null, objects }, KEY, undefined);
    await writeReceipt(lake, { ...received, kept: less }, KEY);
    await expect(writeReceipt(lake, { ...received, kept: { size: 3, sha256: sha256("odd") } }, KEY)).rejects.toMatchObject({ code: "archive_conflict" });
  });

  test("is listed by nobody as an export", async () => {
    const [source, lake] = [sourceWith(), new FsStore(temporaryFolder())];
    await runOnce(testLedger(source, lake, signingWith()));
    const [copy = ""] = await copiesOf(lake);
    for (const key of [archiveLayout.receipt(copy), archiveLayout.digest("prod", "2026-11-01"), archiveLayout.event("prod", { at: "2026-11-01T00:00:00.000Z", kind: "hold", id: "1" })]) {
      expect(parseArchiveKey(key)).toBeUndefined();
    }
    expect((await runOnce(testLedger(source, lake, signingWith()))).exports).toEqual({ seen: 1, ingested: 0, skipped: 1, damaged: 0 });
  });
});
