import fc from "fast-check";
import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { addToSource, digestsOfOneRun, exportFiles, ingestedLake, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

/** Runs once after each batch of files has arrived at the source, in a lake of its own that the first batch is in. */
async function digestsOfBatches([first = [], ...batches]: readonly (readonly string[])[]): Promise<Record<string, string>> {
  const folder = temporaryFolder();
  const source = new FsStore(folder);
  await addToSource(folder, first);
  const lake = new FsStore(await ingestedLake(first));
  for (const batch of batches) {
    await addToSource(folder, batch);
    await runOnce(testLedger(source, lake));
  }
  return await tableDigests(lake);
}

describeWithFixtures("however exports arrive", () => {
  test("in two halves, the tables are those of one run", async () => {
    const files = exportFiles("autumn");
    const odd = files.filter((_, index) => index % 2 === 1);
    const even = files.filter((_, index) => index % 2 === 0);
    expect(await digestsOfBatches([even, odd])).toEqual(await digestsOfOneRun(files));
  });

  test("one at a time in any order, the tables are those of one run", async () => {
    // From the last days of September into October: their records come on four days, some late, some twice.
    const files = exportFiles("autumn").slice(58, 74);
    const expected = await digestsOfOneRun(files);
    const order = fc.shuffledSubarray(files, { minLength: files.length });
    await fc.assert(
      fc.asyncProperty(order, async (shuffled) => {
        expect(await digestsOfBatches(shuffled.map((file) => [file]))).toEqual(expected);
      }),
      // Sixteen runs in an order that differs each time.
      { numRuns: 1 },
    );
  });

  test("all of them, a dozen from anywhere one at a time after the others, the tables are those of one run", async () => {
    const files = exportFiles("autumn");
    const late = fc.sample(fc.shuffledSubarray(files, { minLength: 12, maxLength: 12 }), { numRuns: 1, seed: 20_261_121 })[0] ?? [];
    const early = files.filter((file) => !late.includes(file));
    expect(await digestsOfBatches([early, ...late.map((file) => [file])])).toEqual(await digestsOfOneRun(files));
  });
});
