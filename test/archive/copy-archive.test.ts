import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ArchiveCopy, copyArchive, type CopyTask } from "../../src/archive/copy-archive.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { LockingStore } from "./locking-store.ts";
import type { SealedArchive } from "./sealed-archive.ts";
import { archiveOf, digestOf, exportOf, Tampering } from "./verifying.ts";

const NOW = new Date("2026-09-04T06:00:00Z");

async function copy(source: ObjectStore, target: ObjectStore, { key }: SealedArchive, changes: Partial<CopyTask> = {}): Promise<ArchiveCopy> {
  const silent = { begin: () => undefined, step: () => undefined };
  return await copyArchive({ source, target, publicKey: key.publicKey, roots: undefined, lock: undefined, instance: undefined, isDry: false, now: NOW, progress: silent, pause: () => Promise.resolve(), ...changes });
}

/** Files below a folder with their contents. */
function contentsOf(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(root, name)).isFile());
  return new Map(names.sort().map((name) => [name, sha256Hex(readFileSync(join(root, name)))]));
}

async function places(instances?: readonly string[]) {
  const { root, sealed } = await archiveOf(3, instances);
  const copied = temporaryFolder();
  return { root, copied, sealed, at: new Tampering(root), source: new FsStore(root), target: new FsStore(copied) };
}

test("a copy has every object of the archive with the same bytes and nothing else, verifies, and leaves the archive as it was", async () => {
  const { root, copied, sealed, at, source, target } = await places(["prod", "eu"]);
  const archived = contentsOf(root);
  at.write("_ledger/reductions/archive/prod/2026/09/01/export-0.cbor.zstd", Buffer.from("staged"));
  at.write("usage/date=2026-09-01/prod.parquet", Buffer.from("table"));

  const dry = await copy(source, target, sealed, { isDry: true });
  expect(dry).toMatchObject({ copied: { objects: 30 }, verification: null });
  expect(contentsOf(copied)).toEqual(new Map());

  const done = await copy(source, target, sealed);
  expect(done).toMatchObject({ copied: { objects: 30 }, present: { objects: 0 }, later: 0, verification: { archive: target.url, findings: [], replica: { objects: 30, differences: [] } } });
  expect(contentsOf(copied)).toEqual(archived);
  expect([...contentsOf(root).keys()].filter((name) => name.startsWith("archive/"))).toEqual([...archived.keys()]);
});

test("a copy that was interrupted continues, and one that is repeated takes what arrived since", async () => {
  const { root, copied, sealed, source, target } = await places();
  cpSync(join(root, "archive/prod/2026"), join(copied, "archive/prod/2026"), { recursive: true });
  expect(await copy(source, target, sealed)).toMatchObject({ copied: { objects: 9 }, present: { objects: 6 }, verification: { findings: [] } });
  await sealed.addExport("prod", "2026-09-04", "export-0");
  await sealed.seal("2026-09-04", ["prod"]);
  expect(await copy(source, target, sealed)).toMatchObject({ copied: { objects: 3 }, present: { objects: 15 }, verification: { findings: [] } });
  expect(contentsOf(copied)).toEqual(contentsOf(root));
});

test("nothing altered, missing or planted is copied: the copy stops there, before it has any digest", async () => {
  const { copied, sealed, at, source, target } = await places();
  const key = exportOf("2026-09-02");
  const expectStop = async (message: string): Promise<void> => {
    await expect(copy(source, target, sealed)).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(message) as string });
    expect(existsSync(join(copied, digestOf("2026-09-01")))).toBe(false);
    at.undo();
  };
  at.flip(key);
  await expectStop(`${key} has SHA-256`);
  expect(existsSync(join(copied, key))).toBe(false);
  at.remove(key);
  await expectStop(`${key} is missing`);
  at.write("archive/prod/notes.txt", Buffer.from("planted"));
  await expectStop("notes.txt is listed by no digest");
  at.write(exportOf("2026-09-03", "planted"), Buffer.from("planted"));
  await expectStop("planted.cbor.zstd is listed by no digest");
  at.flip(digestOf("2026-09-02"));
  await expectStop(digestOf("2026-09-02"));
});

test("other bytes at the target are not written over, and equal sizes do not hide them", async () => {
  const { copied, sealed, source, target } = await places();
  const there = new Tampering(copied);
  const key = exportOf("2026-09-02");
  there.write(key, Buffer.from("something else"));
  await expect(copy(source, target, sealed)).rejects.toMatchObject({ code: "archive_conflict" });
  expect(there.read(key).toString()).toBe("something else");
  there.remove(key);
  await copy(source, target, sealed);
  there.flip(key);
  const { verification } = await copy(source, target, sealed);
  expect(verification?.findings.map(({ code, key: where }) => `${code} ${where}`)).toEqual([`altered ${key}`]);
});

test("what was purged and reduced since an earlier copy is removed and reduced in the copy as well", async () => {
  const { root, copied, sealed, at, source, target } = await places();
  await copy(source, target, sealed);
  const [purged, reduced] = [exportOf("2026-09-01"), exportOf("2026-09-02")];
  const contentAt = (key: string) => ({ size: at.read(key).byteLength, sha256: sha256Hex(at.read(key)) });
  const common = { format: 1 as const, instance: "prod", at: "2026-09-03T23:30:00.000Z", by: "job", rule: "records 1 day", head: null };
  await sealed.addEvent({ ...common, kind: "purge", id: "p1", objects: [{ key: purged, ...contentAt(purged) }] });
  const before = contentAt(reduced);
  at.write(reduced, Buffer.from("less"));
  await sealed.addEvent({ ...common, kind: "reduction", id: "r1", objects: [{ key: reduced, before, after: contentAt(reduced), records_removed: 1, bodies_removed: 0 }] });
  rmSync(join(root, purged));
  expect(await copy(source, target, sealed)).toMatchObject({ copied: { objects: 2 }, reduced: 1, removed: 1, verification: { findings: [] } });
  expect(contentsOf(copied)).toEqual(contentsOf(root));
});

test("a copy is never locked less than the source or archive.lock say, also where it exists already, and has the source's holds", async () => {
  const { sealed, root, copied } = await places();
  const clock = (): Date => NOW;
  const [source, target] = [new LockingStore(new FsStore(root), clock), new LockingStore(new FsStore(copied), clock)];
  const [locked, held, plain] = [exportOf("2026-09-01"), exportOf("2026-09-02"), exportOf("2026-09-03")];
  const until = new Date("2030-01-01T00:00:00Z");
  source.protections.set(locked, { retention: { mode: "COMPLIANCE", until }, legalHold: false });
  source.protections.set(held, { retention: undefined, legalHold: true });
  const lock = { mode: "GOVERNANCE" as const, retain: { text: "1 year", count: 1, unit: "years" as const } };
  await target.create(locked, readFileSync(join(root, locked)));
  expect(await copy(source, target, sealed, { lock })).toMatchObject({ verification: { findings: [], replica: { differences: [] } } });
  const ruled = (day: string) => ({ mode: "GOVERNANCE", until: new Date(`${day}T00:00:00Z`) });
  expect([locked, held, plain, digestOf("2026-09-03")].map((key) => target.protections.get(key))).toEqual([
    { retention: { mode: "COMPLIANCE", until }, legalHold: false },
    { retention: ruled("2027-09-03"), legalHold: true },
    { retention: ruled("2027-09-04"), legalHold: false },
    { retention: ruled("2027-09-04"), legalHold: false },
  ]);
});

test("a hold on a whole gateway is set in the copy although the archive's store has no holds, so that the copy verifies", async () => {
  const { sealed, source, copied } = await places();
  const selection = { instance: "prod", caller: null, session: null, from: null, to: null };
  await sealed.addEvent({ format: 1, kind: "hold", id: "h1", hold: "h1", instance: "prod", at: "2026-09-03T23:30:00.000Z", by: "ann@example.com", selection, reason: "case 12" });
  await sealed.seal("2026-09-04", ["prod"]);
  const target = new LockingStore(new FsStore(copied), () => NOW);
  expect(await copy(source, target, sealed)).toMatchObject({ verification: { findings: [] } });
  expect([exportOf("2026-09-01"), digestOf("2026-09-01")].map((key) => target.protections.get(key)?.legalHold)).toEqual([true, false]);
});

test("a target without locks is refused where the archive has some", async () => {
  const { sealed, root, target, copied } = await places();
  const source = new LockingStore(new FsStore(root), () => NOW);
  source.protections.set(exportOf("2026-09-01"), { retention: { mode: "GOVERNANCE", until: new Date("2030-01-01T00:00:00Z") }, legalHold: false });
  await expect(copy(source, target, sealed)).rejects.toMatchObject({ code: "lock_not_kept" });
  expect(existsSync(join(copied, exportOf("2026-09-01")))).toBe(false);
});
