import { cpSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareReplica, withReplica } from "../../src/archive/compare-replica.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { archiveLayout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import type { SealedArchive } from "./sealed-archive.ts";
import { archiveOf, digestOf, exportOf, found, Tampering, verify } from "./verifying.ts";

/** The evening of the third day of each archive. */
const NOW = new Date("2026-09-03T23:30:00Z");

/** Makes every object as old as the day in its key says: noon for exports and receipts, eleven in the evening for digests. */
function date(root: string): void {
  for (const name of readdirSync(join(root, "archive"), { recursive: true, encoding: "utf8" })) {
    const file = join(root, "archive", name);
    const [, year, month, day] = /(\d{4})[-/](\d\d)[-/](\d\d)/.exec(name) ?? [];
    if (day === undefined || !statSync(file).isFile()) continue;
    const at = new Date(`${year ?? ""}-${month ?? ""}-${day}T${name.includes("_digests") ? "23:00" : "12:00"}:00Z`);
    utimesSync(file, at, at);
  }
}

interface Copied {
  root: string;
  sealed: SealedArchive;
  replica: Tampering;
}

/** Three days with two exports each, and a faithful replica. */
async function replicated(instances?: readonly string[]): Promise<Copied> {
  const { root, sealed } = await archiveOf(3, instances);
  date(root);
  const copy = temporaryFolder();
  cpSync(root, copy, { recursive: true });
  return { root, sealed, replica: new Tampering(copy) };
}

async function compare({ root, sealed, replica }: Copied, now = NOW, sample: { exports: number; seed: string } | null = null): Promise<Verification> {
  const verified = await verify(root, sealed, { now });
  const [archive, second] = [new FsStore(root), new FsStore(replica.root, "is an error")];
  return withReplica(verified, await compareReplica({ archive, replica: second, publicKey: sealed.key.publicKey, sample, instance: undefined, now, progress: { begin: () => undefined, step: () => undefined } }));
}

test("a faithful replica has every object, and the bytes of each were read", async () => {
  const verified = await compare(await replicated());
  expect(found(verified)).toEqual([]);
  expect(verified.replica).toMatchObject({ objects: 15, hashed: 15, on_the_way: 0, differences: [] });
});

test("a replica that lags by a day is one finding that says since when and by how much", async () => {
  const copied = await replicated();
  const late = ["export-0", "export-1"].flatMap((name) => [exportOf("2026-09-03", name), archiveLayout.receipt(exportOf("2026-09-03", name))]);
  for (const key of [...late, digestOf("2026-09-03")]) copied.replica.remove(key);
  const { findings, replica } = await compare(copied);
  expect(findings).toMatchObject([{ code: "replica_lacks", instance: "prod", key: "archive/prod/" }]);
  expect(findings[0]?.text).toContain("what was written up to 2026-09-02T23:00:00.000Z is there, and it lags by 5 objects");
  expect(findings[0]?.text).toContain("written since 2026-09-03T12:00:00.000Z");
  expect(replica?.differences).toMatchObject([{ code: "replica_lacks", objects: 5, since: "2026-09-03T12:00:00.000Z", until: "2026-09-03T23:00:00.000Z" }]);
});

test("what was written within the last 15 minutes may be on its way, and is counted instead of found", async () => {
  const copied = await replicated();
  copied.replica.remove(digestOf("2026-09-03"));
  const soon = await compare(copied, new Date("2026-09-03T23:14:00Z"));
  expect(found(soon)).toEqual([]);
  expect(soon.replica).toMatchObject({ on_the_way: 1 });
  expect(found(await compare(copied, new Date("2026-09-03T23:16:00Z")))).toEqual([`replica_lacks ${digestOf("2026-09-03")}`]);
});

test("what a replica lacks among newer objects, has too much and has otherwise are findings of their own", async () => {
  const copied = await replicated();
  const [gone, altered, grown] = [exportOf("2026-09-01"), exportOf("2026-09-02"), exportOf("2026-09-02", "export-1")];
  copied.replica.remove(gone);
  copied.replica.flip(altered);
  copied.replica.write(grown, Buffer.from("more than it was, by far and wide and on purpose"));
  copied.replica.write("archive/prod/notes.txt", Buffer.from("planted"));
  date(copied.replica.root);
  utimesSync(join(copied.replica.root, "archive/prod/notes.txt"), NOW, new Date("2026-09-01T00:00:00Z"));
  const { findings } = await compare(copied);
  expect(findings.map(({ code, key }) => `${code} ${key}`)).toEqual(["replica_differs archive/prod/", `replica_lacks ${gone}`, "replica_adds archive/prod/notes.txt"]);
  expect(findings[0]?.text).toContain(`2 objects`);
  expect(findings[0]?.text).toContain(`${altered}, ${grown}`);
});

test("one altered object is named with both hashes, and a sample that does not draw it overlooks it", async () => {
  const copied = await replicated();
  const key = exportOf("2026-09-02");
  copied.replica.flip(key);
  const { findings } = await compare(copied);
  expect(findings).toMatchObject([{ code: "replica_differs", key, expected: expect.stringMatching(/^[0-9a-f]{64}$/), found: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  const sampled = await compare(copied, NOW, { exports: 0, seed: "s" });
  expect(found(sampled)).toEqual([]);
  expect(sampled.replica).toMatchObject({ hashed: 9 });
  expect(sampled.notChecked.join("\n")).toContain("the bytes of 6 exports in the replica");
});

test("a replica of altered objects is compared with the chain: it has what the archive lost", async () => {
  const copied = await replicated();
  const [altered, lost] = [exportOf("2026-09-01"), exportOf("2026-09-02")];
  new Tampering(copied.root).flip(altered);
  rmSync(join(copied.root, lost));
  const { findings, notes } = await compare(copied);
  expect(findings.map(({ code, key }) => `${code} ${key}`)).toEqual([`altered ${altered}`, `deleted ${lost}`]);
  expect(notes).toMatchObject([{ key: lost, text: expect.stringContaining("restore it from there") as string }]);
});

test("what the archive purged and the replica still has is one finding that says so, and what neither has is another", async () => {
  const copied = await replicated();
  const { root, sealed } = copied;
  const [purged, lost] = [exportOf("2026-09-01"), exportOf("2026-09-02")];
  const { exports } = new Tampering(root).digest(digestOf("2026-09-01"));
  const objects = exports.filter(({ key }) => key === purged).map(({ key, size, sha256 }) => ({ key, size, sha256 }));
  const event = await sealed.addEvent({ format: 1, kind: "purge", id: "p1", instance: "prod", at: "2026-09-03T22:00:00.000Z", by: "job", rule: "records 1 day", head: null, objects });
  copied.replica.write(event, new Tampering(root).read(event));
  for (const key of [purged, lost]) rmSync(join(root, key));
  copied.replica.remove(lost);
  const { findings } = await compare(copied);
  expect(findings.map(({ code, key }) => `${code} ${key}`)).toEqual([`replica_adds ${purged}`, `deleted ${lost}`, `replica_lacks ${lost}`]);
  expect(findings[0]?.text).toContain("signed events say");
});

test("an empty replica lacks everything, by gateway, and one that is nowhere is an error", async () => {
  const copied = await replicated(["prod", "eu"]);
  const empty = { ...copied, replica: new Tampering(temporaryFolder()) };
  expect(found(await compare(empty))).toEqual(["replica_lacks archive/eu/", "replica_lacks archive/prod/"]);
  await expect(compare({ ...copied, replica: new Tampering(join(copied.root, "nowhere")) })).rejects.toMatchObject({ code: "listing_incomplete" });
});
