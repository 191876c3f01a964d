import { existsSync } from "node:fs";
import { LakeFiles } from "./coherence/lake-files.ts";
import { expectCoherent } from "./expect-coherent.ts";
import { lakesToAsk } from "./test-ledger.ts";
import { afterEachTest } from "./tidy-up.ts";

/**
 * Every lake in a folder that a test made or changed is asked for its invariants when the test has ended, unless the test says
 * with `mayBeIncoherent` why not.
 */
const coherent = new Map<string, string>();

// Done before the folders are removed, for which the ledgers' helper has asked earlier.
afterEachTest(async () => {
  for (const [lake, archive] of lakesToAsk()) {
    if (!existsSync(lake)) continue;
    const state = new LakeFiles(lake).fingerprint();
    // A lake that no test has changed since it was asked is not asked again.
    if (coherent.get(lake) === state) continue;
    await expectCoherent(lake, archive);
    coherent.set(lake, state);
  }
});
