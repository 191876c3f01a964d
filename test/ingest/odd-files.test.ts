import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { KEY, seal, signingWith } from "../archive/sealing.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";

/** What may lie in a folder and is no object; each makes it and says what it is called. */
const ODDITIES: Record<string, (folder: string) => string> = {
  "a link that leads nowhere": (folder) => (symlinkSync("/nowhere/at/all", join(folder, "lost.cbor.zstd")), "lost.cbor.zstd"),
  "links that lead to each other": (folder) => (symlinkSync("b", join(folder, "a")), symlinkSync("a", join(folder, "b")), "a"),
  "a link to the folder that it lies in": (folder) => (symlinkSync(".", join(folder, "again")), "again"),
  "a name that is not UTF-8": (folder) => (writeFileSync(Buffer.concat([Buffer.from(join(folder, "caf")), Buffer.of(0xe9), Buffer.from(".cbor.zstd")]), "x"), "café.cbor.zstd"),
  "a pipe that is called an export": (folder) => (spawnSync("mkfifo", [join(folder, "pipe.cbor.zstd")]), "pipe.cbor.zstd"),
};

let folders: { source: string; lake: string };

beforeEach(async () => {
  folders = { source: temporaryFolder(), lake: temporaryFolder() };
  writeRequests(folders.source, [{ by: "ann@example.com", at: "2026-10-29T12:00:00Z" }]);
  await runOnce(ledger());
  await seal(ledger(), "2026-11-01");
});

function ledger(): Ledger {
  return testLedger(new FsStore(folders.source), new FsStore(folders.lake), signingWith());
}

describe.each(Object.entries(ODDITIES))("%s", (_, make) => {
  test("at a source keeps nothing else from being ingested, and then the run names it; status does so too", async () => {
    const name = make(folders.source);
    writeRequests(folders.source, [{ by: "bob@example.com", at: "2026-10-30T12:00:00Z" }]);
    await expect(runOnce(ledger())).rejects.toMatchObject({ code: "listing_incomplete", message: expect.stringContaining(JSON.stringify(name)) as string });
    expect((await loadLedgerState(new FsStore(folders.lake))).exports.size).toBe(2);
    expect((await readLedgerStatus(ledger())).unlistable.map(({ key }) => key)).toContain(name);
  });

  test("in the archive is a finding, everything else is verified, and no copy is taken to be missing", async () => {
    mayBeIncoherent("what is no file lies in the archive");
    const folder = join(folders.lake, "archive/prod/2026/10/30");
    mkdirSync(folder, { recursive: true });
    const name = `archive/prod/2026/10/30/${make(folder)}`;
    const verified = await verifyArchive({ archive: new FsStore(folders.lake), lake: undefined, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, now: new Date("2026-11-01T12:00:00Z"), progress: ledger().telling.progress });
    expect(verified.findings.map(({ code, key }) => `${code} ${key}`)).toContain(`unlistable ${name}`);
    expect(new Set(verified.findings.map(({ code }) => code))).toEqual(new Set(["unlistable"]));
    expect(verified.gateways).toMatchObject([{ exports: { listed: 1, hashed: 1 } }]);
    const status = await readLedgerStatus(ledger());
    expect([status.exports.without_copy, status.unlistable.map(({ key }) => key)]).toEqual([[], expect.arrayContaining([name])]);
  });
});

test("a pipe that is not called an export is nobody's export", async () => {
  spawnSync("mkfifo", [join(folders.source, "pipe")]);
  await expect(runOnce(ledger())).resolves.toBeDefined();
});
