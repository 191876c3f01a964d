import { basename } from "node:path";
import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { HookedStore, type StoreOperation } from "../hooked-store.ts";
import { digestsOfOneRun, exportFiles, ingestedLake, sourceOf, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

class ProcessEnded extends Error {}

const CHANGES: ReadonlySet<StoreOperation> = new Set(["create", "replace", "remove"]);

/**
 * Runs as a process that is ended before its change number `last + 1` to the stores; whether that came. What is left behind depends
 * on the changes alone: a process that ends before a read leaves what it leaves when it ends before the change that follows.
 */
async function runUntil(last: number, source: FsStore, lake: FsStore): Promise<boolean> {
  let changes = 0;
  const hook = (operation: StoreOperation): void => {
    if (CHANGES.has(operation)) changes++;
    if (changes > last) throw new ProcessEnded();
  };
  try {
    await runOnce(testLedger(new HookedStore(source, hook), new HookedStore(lake, hook)));
    return false;
  } catch {
    return true;
  }
}

describeWithFixtures("a process that ends between any two changes to its stores", () => {
  test("leaves a ledger that the next run completes to the same bytes", async () => {
    // Late and repeated records, a day fed by several exports, quarantine and damage.
    const files = [...exportFiles("autumn").slice(3, 5), ...exportFiles("hostile").filter((file) => /bad-cost|truncated/.test(file))];
    const source = await sourceOf(files, (file) => basename(file).replace(/^(bad-cost|truncated)/, "$1-1791500000"));
    const clean = new FsStore(temporaryFolder());
    await runOnce(testLedger(source, clean));
    const expected = await tableDigests(clean);

    let last = 0;
    for (let ended = true; ended; last++) {
      const lake = new FsStore(temporaryFolder());
      ended = await runUntil(last, source, lake);
      await runOnce(testLedger(source, lake));
      expect(await tableDigests(lake), `ended after ${last} changes`).toEqual(expected);
    }
    expect(last).toBeGreaterThan(25);
  });

  test("also where a ledger is rebuilt because late exports came", async () => {
    const files = exportFiles("autumn").slice(1, 5);
    const expected = await digestsOfOneRun(files);
    // The second export of the day and the last, which brings a record of the day before.
    const early = files.filter((_, index) => index % 2 === 0);
    const source = await sourceOf(files);
    let last = 0;
    for (let ended = true; ended; last++) {
      const lake = new FsStore(await ingestedLake(early));
      ended = await runUntil(last, source, lake);
      await runOnce(testLedger(source, lake));
      expect(await tableDigests(lake), `ended after ${last} changes`).toEqual(expected);
    }
    expect(last).toBeGreaterThan(15);
  });
});
