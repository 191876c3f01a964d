import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { SNAPSHOTS } from "../../src/lake/layout.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { HookedStore } from "../hooked-store.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const snapshot = z.object({
  format: z.literal(1),
  month: z.string(),
  files: z.array(z.object({ table: z.string(), date: z.string().optional(), key: z.string(), etag: z.string(), size: z.number(), sha256: z.string(), rows: z.number() })),
});

let source: string;
let lake: FsStore;

beforeEach(async () => {
  source = temporaryFolder();
  lake = new FsStore(temporaryFolder());
  writeRequests(source, [{ by: "ann@example.com", at: "2026-10-05T12:00:00Z" }, { by: "ann@example.com", at: "2026-10-06T12:00:00Z" }]);
  await runOnce(testLedger(new FsStore(source), lake));
});

async function readSnapshots(): Promise<z.infer<typeof snapshot>[]> {
  const keys = await keysOf(lake, SNAPSHOTS);
  return await Promise.all(keys.map(async (key) => snapshot.parse(JSON.parse(Buffer.from(await lake.read(key)).toString()))));
}

test("a built month has a snapshot: every file of it, as it lies in the lake", async () => {
  const [{ month, files } = { month: "", files: [] }, ...others] = await readSnapshots();
  expect([month, others]).toEqual(["2026-10", []]);
  expect(files.map(({ table, date }) => [table, date])).toEqual([["usage", "2026-10-05"], ["usage", "2026-10-06"], ["rollups", "2026-10-05"], ["rollups", "2026-10-06"], ["allocations", undefined]]);
  for (const { key, etag, size } of files) expect(await lake.head(key)).toMatchObject({ etag, size });
});

test("one whose files have changed is replaced, after all of them; nothing is written where nothing changed", async () => {
  const [before] = await keysOf(lake, SNAPSHOTS);
  writeRequests(source, [{ by: "bob@example.com", at: "2026-10-07T12:00:00Z" }]);
  const writes: string[] = [];
  const store = new HookedStore(lake, (operation, key) => {
    if (operation === "create" || operation === "replace") writes.push(key);
  });
  await runOnce(testLedger(new FsStore(source), store));
  const [after, ...others] = await keysOf(lake, SNAPSHOTS);
  expect(others).toEqual([]);
  expect(after).not.toBe(before);
  expect(writes.at(-1)).toBe(after);
  writes.length = 0;
  await runOnce(testLedger(new FsStore(source), store));
  expect(writes).toEqual([]);
});

test("one that is lost is written again, and stray ones go", async () => {
  const [key = ""] = await keysOf(lake, SNAPSHOTS);
  await lake.remove(key);
  await lake.replace(`${SNAPSHOTS}2026-10/earlier.json`, Buffer.from("{}"));
  await runOnce(testLedger(new FsStore(source), lake));
  expect(await keysOf(lake, SNAPSHOTS)).toEqual([key]);
});
