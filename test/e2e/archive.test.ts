import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { copiesOf } from "../archived-copies.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { exportFiles, mayBeIncoherent, sourceOf, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { keysOf } from "../keys-of.ts";

describeWithFixtures("an archive of its own", () => {
  test("holds the exports, and the ledger can be made again from it alone", async () => {
    const source = await sourceOf(exportFiles("autumn").slice(0, 6));
    const archive = new FsStore(temporaryFolder());
    const lake = new FsStore(temporaryFolder());
    await runOnce(testLedger(source, lake, { stores: { archive } }));
    expect(await copiesOf(archive)).toHaveLength(6);
    expect(await copiesOf(lake)).toEqual([]);

    const before = await tableDigests(lake);
    for (const key of await keysOf(source, "")) await source.remove(key);
    for (const prefix of ["landing/", "usage/", "rollups/", "_ledger/days/"]) {
      for (const key of await keysOf(lake, prefix)) await lake.remove(key);
    }
    await runOnce(testLedger(source, lake, { stores: { archive } }));
    expect(await tableDigests(lake)).toEqual(before);
  });

  test("that was altered is found out before anything is derived from it", async () => {
    mayBeIncoherent("a copy is altered");
    const source = await sourceOf(exportFiles("autumn").slice(0, 1));
    const lake = new FsStore(temporaryFolder());
    await runOnce(testLedger(source, lake));
    const [copy = ""] = await copiesOf(lake);
    const [landing = ""] = await keysOf(lake, "landing/");
    await lake.replace(copy, Buffer.from("altered"));
    await lake.remove(landing);
    await expect(runOnce(testLedger(source, lake))).rejects.toMatchObject({ code: "exports_failed", cause: { code: "archive_conflict" } });
    expect(await keysOf(lake, "landing/")).not.toContain(landing);
  });
});
