import { linkSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { TEMPORARY_PREFIX } from "../../src/storage/object-keys.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { HookedStore, type StoreOperation } from "../hooked-store.ts";
import { digestsOfOneRun, exportFiles, ingestedLake, sourceOf, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

const CHANGES: ReadonlySet<StoreOperation> = new Set(["create", "replace", "remove"]);

/**
 * Runs once and resolves to copies of the lake as it was before each change to it: what a process leaves that is ended there. What it
 * leaves depends on the changes alone: before a read it leaves what it leaves before the change that follows.
 */
async function statesOfRun(source: FsStore, folder: string): Promise<string[]> {
  const states: string[] = [];
  const hook = (operation: StoreOperation): void => {
    if (!CHANGES.has(operation)) return;
    states.push(linkedCopy(folder));
  };
  await runOnce(testLedger(source, new HookedStore(new FsStore(folder), hook)));
  return states;
}

/** Each file under a second name as well: it keeps its ETag, and the store replaces files instead of changing them. */
function linkedCopy(folder: string): string {
  const copy = temporaryFolder();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // What is being written at this moment has no name yet.
    if (!entry.isFile() || entry.name.startsWith(TEMPORARY_PREFIX)) continue;
    const place = join(copy, relative(folder, entry.parentPath));
    mkdirSync(place, { recursive: true });
    linkSync(join(entry.parentPath, entry.name), join(place, entry.name));
  }
  return copy;
}

async function expectCompleted(states: readonly string[], source: FsStore, expected: Record<string, string>): Promise<void> {
  for (const [changes, state] of states.entries()) {
    const lake = new FsStore(state);
    await runOnce(testLedger(source, lake));
    expect(await tableDigests(lake), `ended after ${String(changes)} changes`).toEqual(expected);
  }
}

describeWithFixtures("a process that ends between any two changes to its stores", () => {
  test("leaves a ledger that the next run completes to the same bytes", async () => {
    // Late and repeated records, a day fed by several exports, quarantine and damage.
    const files = [...exportFiles("autumn").slice(3, 5), ...exportFiles("hostile").filter((file) => /bad-cost|truncated/.test(file))];
    const source = await sourceOf(files, (file) => basename(file).replace(/^(bad-cost|truncated)/, "$1-1791500000"));
    const folder = temporaryFolder();
    const states = await statesOfRun(source, folder);
    expect(states.length).toBeGreaterThan(25);
    await expectCompleted([...states, folder], source, await tableDigests(new FsStore(folder)));
  });

  test("also where a ledger is rebuilt because late exports came", async () => {
    const files = exportFiles("autumn").slice(1, 5);
    const expected = await digestsOfOneRun(files);
    // The second export of the day and the last, which brings a record of the day before.
    const early = files.filter((_, index) => index % 2 === 0);
    const source = await sourceOf(files);
    const folder = await ingestedLake(early);
    const states = await statesOfRun(source, folder);
    expect(states.length).toBeGreaterThan(15);
    await expectCompleted([...states, folder], source, expected);
  });
});
