import { beforeEach, expect, test, vi } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { auditChain, digestsOf, seal, signingWith } from "./sealing.ts";
import { writeRequests } from "../request-exports.ts";
import { freshStores } from "../services/s3-stores.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

let archive: ObjectStore;
let ledger: Ledger;

beforeEach(async () => {
  const { storeAt } = await freshStores();
  archive = await storeAt("archive");
  const source = temporaryFolder();
  writeRequests(source, ["2026-10-29", "2026-10-30"].map((day) => ({ by: "ann@example.com", at: `${day}T12:00:00Z` })));
  ledger = testLedger(new FsStore(source), await storeAt("lake"), { stores: { archive } }, signingWith());
  await runOnce(ledger);
  return () => void vi.unstubAllEnvs();
});

test("an archive in a bucket of its own is sealed day by day, also by several at once", async () => {
  await seal(ledger, "2026-11-01");
  const results = await Promise.all([1, 2, 3].map(() => seal(ledger, "2026-11-03")));
  const made = results.flatMap(({ gateways }) => gateways.flatMap(({ digests }) => digests.map(({ date }) => date)));
  expect(made.toSorted()).toEqual(["2026-11-02", "2026-11-03"]);
  expect((await digestsOf(archive, "prod")).map(({ header }) => [header.number, header.exports])).toEqual([[1, 2], [2, 0], [3, 0]]);
  expect(await auditChain(archive, "prod")).toEqual([]);
});

test("receipts and copies lie there, and the lake has none of them", async () => {
  await seal(ledger, "2026-11-01");
  const [first] = await digestsOf(archive, "prod");
  for (const { key } of first!.exports) expect(await archive.head(archiveLayout.receipt(key))).toBeDefined();
  const inLake: string[] = [];
  for await (const { key } of ledger.stores.lake.list("archive/")) inLake.push(key);
  expect(inLake).toEqual([]);
});
