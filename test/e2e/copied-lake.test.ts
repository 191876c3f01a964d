import type { LedgerChanges } from "../change-ledger.ts";
import { cpSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { DAY_MANIFESTS, EXPORT_MANIFESTS, layout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { KEY, seal, signingWith } from "../archive/sealing.ts";
import { HookedStore } from "../hooked-store.ts";
import { contentsOf, keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { mayBeIncoherent, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

const ALLOCATION = settingsOf({ directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } });
const SEALED = "2026-10-31";

let source: string;
let folder: string;

function ledger(lake: ObjectStore, changes: LedgerChanges = {}): Ledger {
  return testLedger(new FsStore(source), lake, { rules: { allocation: ALLOCATION } }, signingWith(), changes);
}

beforeEach(async () => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-08-10T12:00:00Z", dollars: 3 },
    { by: "bob@example.com", at: "2026-09-20T12:00:00Z", dollars: 5 },
    // No record has such a price, so that there is a quarantine file.
    { by: "bob@example.com", at: "2026-09-20T13:00:00Z", dollars: -1 },
  ]);
  const lake = new FsStore(folder);
  await runOnce(ledger(lake));
  await close(ledger(lake), "2026-08");
  await seal(ledger(lake), `${SEALED}T06:00:00Z`);
});

/** What a run downloads and reads, besides manifests. */
function recordReads(store: ObjectStore): { store: ObjectStore; reads: string[] } {
  const reads: string[] = [];
  const hooked = new HookedStore(store, (operation, key) => {
    if (operation === "download" || (operation === "read" && !key.startsWith("_ledger/"))) reads.push(key);
  });
  return { store: hooked, reads };
}

/** What `archive verify` finds after everything else that is asked of a lake that was moved said the same as before, and nothing was built anew. */
async function findAfterMoving(copy: ObjectStore): Promise<unknown[]> {
  const before = new FsStore(folder);
  const tables = await tableDigests(before);
  await reportMonth(ledger(before), "2026-08");
  const reports = await contentsOf(before, "reports/2026-08/");

  const status = await readLedgerStatus(ledger(copy));
  expect(status).toMatchObject({ exports: { stale: 0, waiting: 0, altered_copies: [], copies_not_compared: 0 }, days: { stale: [] }, months: { stale: [], closed: ["2026-08"] } });
  expect(status.restored).toBeGreaterThan(0);
  await reportMonth(ledger(copy), "2026-08");
  expect(await contentsOf(copy, "reports/2026-08/")).toEqual(reports);

  const { store, reads } = recordReads(copy);
  const summary = await runOnce(ledger(store));
  expect(summary).toMatchObject({ exports: { ingested: 0 }, days: { built: 0, fresh: 2 }, months: { allocated: 0 }, corrections: { corrected: [] } });
  expect(summary).not.toHaveProperty("altered_copies");
  expect(reads.length).toBeGreaterThan(0);
  expect(await tableDigests(copy)).toEqual(tables);

  const again = recordReads(copy);
  await runOnce(ledger(again.store));
  expect(again.reads).toEqual([]);
  expect((await readLedgerStatus(ledger(copy))).restored).toBe(0);

  const { findings } = await verifyArchive({
    archive: copy, lake: copy, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined,
    now: new Date(`${SEALED}T12:00:00Z`), progress: { begin: () => undefined, step: () => undefined },
  });
  return findings;
}

describe("a lake that was moved", { timeout: 600_000 }, () => {
  test("to another folder says what it said, and its next run notes the new ETags and builds nothing", async () => {
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    expect(await findAfterMoving(new FsStore(copy))).toEqual([]);
  });

  test("to a bucket does as well", async () => {
    const place = await freshS3(SHARED_S3);
    for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
    const copy = await openStore(place.location);
    const before = new FsStore(folder);
    for (const key of await keysOf(before)) await copy.create(key, await before.read(key));
    expect(await findAfterMoving(copy)).toEqual([]);
  });

  test("and lost a table on the way gets that day built anew, and no other", async () => {
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    const store = new FsStore(copy);
    await store.replace(layout.usage("2026-09-20", "prod"), Buffer.from("another table"));
    expect((await runOnce(ledger(store))).days).toEqual({ built: 1, fresh: 1 });
    expect(await tableDigests(store)).toEqual(await tableDigests(new FsStore(folder)));
  });
});

describe("a copy in the archive", { timeout: 600_000 }, () => {
  async function firstCopy(): Promise<string> {
    const copies = (await keysOf(new FsStore(folder), "archive/prod/2026/")).filter((key) => key.endsWith(".cbor.zstd"));
    return copies[0]!;
  }

  const altered = async (changes: LedgerChanges = {}) => {
    const lake = new FsStore(folder);
    const status = await readLedgerStatus(ledger(lake, changes));
    const { altered_copies: counted } = await runOnce(ledger(lake, changes));
    return { listed: status.exports.altered_copies.map(({ key, found }) => [key, found.size]), counted };
  };

  test("that was emptied is listed by status and counted by run, also without a signing key", async () => {
    mayBeIncoherent("a copy is altered");
    const key = await firstCopy();
    writeFileSync(join(folder, key), "");
    expect(await altered(testLedger(new FsStore(source), new FsStore(folder)))).toEqual({ listed: [[key, 0]], counted: 1 });
  });

  test("that was changed in its place is found by its bytes where its size is the same", async () => {
    mayBeIncoherent("a copy is altered");
    const key = await firstCopy();
    const lake = new FsStore(folder);
    const bytes = Buffer.from(await lake.read(key));
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
    writeFileSync(join(folder, key), bytes);
    expect(await altered()).toEqual({ listed: [[key, bytes.byteLength]], counted: 1 });
  });

  test("that was restored or touched is none: its bytes are read once, and its ETag is noted", async () => {
    const key = await firstCopy();
    utimesSync(join(folder, key), new Date("2020-01-01T00:00:00Z"), new Date("2020-01-01T00:00:00Z"));
    expect(await altered()).toEqual({ listed: [], counted: undefined });
    const { store, reads } = recordReads(new FsStore(folder));
    await runOnce(ledger(store));
    expect(reads).toEqual([]);
  });

  test("is known to the days of a ledger that noted none of its copies, once a run has read the manifests of the exports", async () => {
    mayBeIncoherent("a copy is altered");
    const lake = new FsStore(folder);
    for (const key of await keysOf(lake, DAY_MANIFESTS)) {
      const manifest = JSON.parse(Buffer.from(await lake.read(key)).toString()) as { inputs: { export: { content?: unknown } }[] };
      for (const input of manifest.inputs) delete input.export.content;
      await lake.replace(key, Buffer.from(JSON.stringify(manifest)));
    }
    writeFileSync(join(folder, await firstCopy()), "");
    expect((await altered()).counted).toBe(1);
    const manifests: string[] = [];
    await runOnce(ledger(new HookedStore(lake, (operation, key) => void (operation === "read" && key.startsWith(EXPORT_MANIFESTS) && manifests.push(key)))));
    expect(manifests).toEqual([]);
  });
});
