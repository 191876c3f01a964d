import { afterAll, afterEach, vi } from "vitest";
import "./coherent-lakes.ts";
import { tidyUpAfter } from "./tidy-up.ts";

// A process runs many test files, and loads libraries and the project's code once: that takes longer than most tests. Every file
// begins without what a file before set, and has done after its tests what the helpers ask for that any of them has loaded.
vi.unstubAllEnvs();
vi.useRealTimers();
afterEach(() => tidyUpAfter("test"));
afterAll(() => tidyUpAfter("file"));
