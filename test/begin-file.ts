import { vi } from "vitest";

// A process runs many test files, since loading the libraries for each takes longer than most tests. The project's own modules are
// loaded anew, with the hooks that they register; what a file before left in the process is taken back.
vi.resetModules();
vi.unstubAllEnvs();
vi.useRealTimers();
