import { basename } from "node:path";
import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { HookedStore } from "../hooked-store.ts";
import { addToSource, digestsOfOneRun, exportFiles, sourceOf, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

class ProcessEnded extends Error {}

/** Runs as a process that is ended before its operation number `last + 1`; whether that came. */
async function runUntil(last: number, source: FsStore, lake: FsStore): Promise<boolean> {
  let operations = 0;
  const hook = (): void => {
    if (++operations > last) throw new ProcessEnded();
  };
  try {
    await runOnce(testLedger(new HookedStore(source, hook), new HookedStore(lake, hook)));
    return false;
  } catch {
    return true;
  }
}

describeWithFixtures("a process that ends between any two storage operations", () => {
  test("leaves a ledger that the next run completes to the same bytes", async () => {
    // Late and repeated records, a day fed by several exports, quarantine and damage.
    const files = [...exportFiles("autumn").slice(0, 5), ...exportFiles("hostile").filter((file) => /bad-cost|truncated/.test(file))];
    const source = await sourceOf(files, (file) => basename(file).replace(/^(bad-cost|truncated)/, "$1-1791500000"));
    const clean = new FsStore(temporaryFolder());
    await runOnce(testLedger(source, clean));
    const expected = await tableDigests(clean);

    let last = 0;
    for (let ended = true; ended; last++) {
      const lake = new FsStore(temporaryFolder());
      ended = await runUntil(last, source, lake);
      await runOnce(testLedger(source, lake));
      expect(await tableDigests(lake), `ended after ${last} operations`).toEqual(expected);
    }
    expect(last).toBeGreaterThan(40);
  }, 300_000);

  test("also where a ledger is rebuilt because late exports came", async () => {
    const files = exportFiles("autumn").slice(0, 8);
    const expected = await digestsOfOneRun(files);
    let last = 0;
    for (let ended = true; ended; last++) {
      const folder = temporaryFolder();
      const source = new FsStore(folder);
      const lake = new FsStore(temporaryFolder());
      await addToSource(folder, files.slice(0, 4));
      await runOnce(testLedger(source, lake));
      await addToSource(folder, files.slice(4));
      ended = await runUntil(last, source, lake);
      await runOnce(testLedger(source, lake));
      expect(await tableDigests(lake), `ended after ${last} operations`).toEqual(expected);
    }
    expect(last).toBeGreaterThan(20);
  }, 300_000);
});
