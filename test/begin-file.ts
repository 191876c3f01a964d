import fc from "fast-check";
import { afterAll, afterEach, vi } from "vitest";
import { tidyUpAfter } from "./tidy-up.ts";

// Mutants are tried without: it takes most of the project to ask a lake.
if (process.env["MUTANTS_AREA"] === undefined) await import("./coherent-lakes.ts");

// The same inputs in every run, so that a commit passes or fails for its own sake. PROPERTY_SEED tries others. Looking for a smaller failure may take
// longer than all tests.
fc.configureGlobal({ endOnFailure: process.env["CI"] !== undefined, seed: Number(process.env["PROPERTY_SEED"] ?? 20_261_130) });

// A process runs many test files, and loads libraries and the project's code once: that takes longer than most tests. Every file
// begins without what a file before set, and has done after its tests what the helpers ask for that any of them has loaded.
vi.unstubAllEnvs();
vi.useRealTimers();
afterEach(() => tidyUpAfter("test"));
afterAll(() => tidyUpAfter("file"));
