import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { ListedExport } from "../../src/archive/chain/digest.ts";
import { makeDigest } from "../../src/archive/chain/digest.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { exportFiles, ingestedLake, temporaryFolder } from "../test-ledger.ts";
import { SealedArchive } from "./sealed-archive.ts";
import { newKey } from "./sign-now.ts";
import { found, type Tampering, tampered, verify } from "./verifying.ts";
import { keysOf } from "../keys-of.ts";

const SEALED_ON = "2026-10-31";

/** A lake with its archive in it, as a run leaves it, and one digest of all. */
async function sealedLake(): Promise<{ root: string; sealed: SealedArchive }> {
  const root = await ingestedLake(exportFiles("autumn").slice(0, 6));
  const lake = new FsStore(root);
  const key = newKey();
  const closes = [{ month: "2026-08", sha256: await writeClose(lake) }];
  const digest = await makeDigest({ instance: "prod", date: SEALED_ON, number: 1, sealed_at: `${SEALED_ON}T23:00:00.000Z`, previous: null, others: [], closes }, { exports: await listExports(lake), events: [] }, key);
  const sealed = new SealedArchive(async (at, bytes) => void (await lake.replace(at, bytes)), key);
  await sealed.putDigest(digest);
  return { root, sealed };
}

async function writeClose(lake: FsStore): Promise<string> {
  const bytes = Buffer.from("the record of a close");
  await lake.create("_ledger/closes/2026-08.json", bytes);
  return sha256Hex(bytes);
}

async function listExports(lake: FsStore): Promise<ListedExport[]> {
  const { exports } = await loadLedgerState(lake);
  return await Promise.all(
    [...exports.values()].map(async ({ archive: key, records }) => {
      const bytes = await lake.read(key);
      const receipt = archiveLayout.receipt(key);
      const hasReceipt = (await lake.head(receipt)) !== undefined;
      return { key, size: bytes.byteLength, sha256: sha256Hex(bytes), etag: "-", arrived: null, bodies: "keep" as const, records, receipt: hasReceipt ? sha256Hex(await lake.read(receipt)) : null, retention: null };
    }),
  );
}

type Json = Record<string, unknown>;
function edit(at: Tampering, key: string, change: (value: Json) => void): void {
  const value = JSON.parse(at.read(key).toString()) as Json;
  change(value);
  at.write(key, Buffer.from(JSON.stringify(value)));
}

describeWithFixtures("the tables of a lake", ["autumn"], () => {
  test("follow from the archive, and each way in which they do not is a finding", async () => {
    const { root, sealed } = await sealedLake();
    const look = async (at: { root: string }): Promise<string[]> => found(await verify(at.root, sealed, { lake: new FsStore(at.root) }));
    const verified = await verify(root, sealed, { lake: new FsStore(root) });
    expect(verified.findings).toEqual([]);
    expect(verified.notChecked).toEqual([expect.stringContaining("it is not a valid close record"), expect.stringContaining("rollups, tools, allocations")]);
    expect(verified.derived).toMatchObject({ exports: 6, closes: 1 });
    const { days } = await loadLedgerState(new FsStore(root));
    expect(verified.derived?.rows).toBe([...days.values()].reduce((sum, { totals }) => sum + totals.requests, 0));

    const [usage = "", other = ""] = await keysOf(new FsStore(root), "usage/");
    const [manifest = ""] = await keysOf(new FsStore(root), "_ledger/exports/");
    const [day = ""] = await keysOf(new FsStore(root), "_ledger/days/");
    const [archived = ""] = await keysOf(new FsStore(root), "archive/prod/2026");
    const cases: [string, (at: Tampering) => void, string[]][] = [
      ["a table lost", (at) => at.remove(usage), [`rows_differ ${usage}`]],
      ["a table with rows of another day", (at) => at.copy(other, usage), [`rows_differ ${usage}`]],
      ["a table of the same rows and other bytes", (at) => at.write(usage, Buffer.concat([at.read(usage)]).fill("x", 100, 101)), [`rows_differ ${usage}`]],
      ["a table that is none", (at) => at.write(usage, Buffer.from("nothing")), [`rows_differ ${usage}`]],
      ["a table put there", (at) => at.copy(usage, "usage/date=2020-01-01/prod.parquet"), ["rows_differ usage/date=2020-01-01/prod.parquet"]],
      ["duplicates that there were not", (at) => edit(at, day, (value) => (value["duplicates"] = 100_000)), [`rows_differ ${usage}`]],
      ["a manifest with other records than the digest", (at) => edit(at, manifest, (value) => (value["records"] = bump(value["records"] as ListedExport["records"]))), [`rows_differ ${manifest}`]],
      ["a close made anew", (at) => at.write("_ledger/closes/2026-08.json", Buffer.from("another")), ["close_altered _ledger/closes/2026-08.json"]],
      ["a close removed", (at) => at.remove("_ledger/closes/2026-08.json"), ["close_altered _ledger/closes/2026-08.json"]],
    ];
    for (const [name, tamper, expected] of cases) {
      const at = tampered(root);
      tamper(at);
      expect(await look(at), name).toEqual(expected);
    }

    const at = tampered(root);
    at.remove(manifest);
    expect(await look(at), "a manifest lost").toContain(`rows_differ ${archived}`);
  });
});

/** One quarantined record more. */
function bump(records: ListedExport["records"]): ListedExport["records"] {
  return records && { ...records, read: records.read + 1, quarantined: records.quarantined + 1 };
}

describe("an archive that lies beside its lake", () => {
  test("is verified alone where the lake has no tables", async () => {
    const root = temporaryFolder();
    const sealed = new SealedArchive(async (at, bytes) => void (await new FsStore(root).create(at, bytes)));
    await sealed.addDays("2026-09-01", 2, ["prod"], 1, { records: { read: 3, accepted: 3, quarantined: 0 } });
    const verified = await verify(root, sealed, { lake: new FsStore(temporaryFolder()) });
    expect(verified.findings).toEqual([]);
    expect(verified.notChecked).toContainEqual(expect.stringContaining("has none"));
  });
});
