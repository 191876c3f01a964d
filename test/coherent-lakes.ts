import { existsSync } from "node:fs";
import { afterEach } from "vitest";
import { LakeFiles } from "./coherence/lake-files.ts";
import { expectCoherent } from "./expect-coherent.ts";
import { lakesToAsk } from "./test-ledger.ts";

/**
 * A test file that imports this has every lake that a test made or changed asked for its invariants when the test has ended,
 * unless the test says with `mayBeIncoherent` why not.
 */
const coherent = new Map<string, string>();

// Hooks run in reverse order: this one before the folders are removed.
afterEach(async () => {
  for (const [lake, archive] of lakesToAsk()) {
    if (!existsSync(lake)) continue;
    const state = new LakeFiles(lake).fingerprint();
    // A lake that no test has changed since it was asked is not asked again.
    if (coherent.get(lake) === state) continue;
    await expectCoherent(lake, archive);
    coherent.set(lake, state);
  }
});
