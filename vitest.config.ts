import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";
import { keepTemporaryFilesInMemory } from "./test/services/memory-folder.ts";

keepTemporaryFilesInMemory();

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/services/global-setup.ts"],
    setupFiles: ["test/begin-file.ts"],
    pool: "forks",
    isolate: false,
    // More than there are cores: files that wait for a server, a browser or a child leave theirs to others.
    maxWorkers: 4,
    // Collecting garbage in threads helps one process alone, and costs several at once.
    execArgv: ["--single-threaded-gc"],
    // It imports folders, which Node does not.
    server: { deps: { inline: ["dt-sql-parser"] } },
    sequence: { sequencer: LongestFirst },
    // A busy machine takes five times as long, and is no failure.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
