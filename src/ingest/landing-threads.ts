import { availableParallelism } from "node:os";
import { extname, join } from "node:path";
import { Tinypool } from "tinypool";
import type { LandExport } from "./land-export.ts";

/** With more threads, a run would wait for uploads. */
const MOST_THREADS = 4;
/** Threads end a second after the last export, so that building days can use their memory. */
const IDLE_MILLISECONDS = 1000;
/**
 * An unlimited young generation takes 100 MB more and saves almost nothing. An export that needs more than this, which no
 * known export does, fails alone without ending the process.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 256 };

/**
 * With a single processor a thread cannot run in parallel, and takes a third of a second to start. A process without a limit
 * for its young generation uses a thread nevertheless, to save memory.
 */
export function landAsProcessorsAllow(): LandExport {
  if (availableParallelism() > 1 || !isYoungGenerationBounded()) return landInThreads();
  // A run without stale exports loads neither reader nor writer.
  return async (task) => await (await import("./land-export.ts")).landExport(task);
}

function isYoungGenerationBounded(): boolean {
  const flags = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(" ")];
  return flags.some((flag) => flag.startsWith("--max-semi-space-size"));
}

/** Lands exports in threads, one per processor; the first export starts them. */
export function landInThreads(): LandExport {
  const threads = new Tinypool({
    // Beside this file, in the sources and in the package.
    filename: join(import.meta.dirname, `land-export${extname(import.meta.filename)}`),
    minThreads: 0,
    maxThreads: Math.min(availableParallelism(), MOST_THREADS),
    idleTimeout: IDLE_MILLISECONDS,
    resourceLimits: RESOURCE_LIMITS,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the result is the one that `landExport` returned
  return async (task) => await (threads.run(task, { name: "landExport" }) as ReturnType<LandExport>);
}
