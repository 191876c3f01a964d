import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Tinypool } from "tinypool";
import type { LandExport } from "./land-export.ts";

/** Beyond, an upload is what a run waits for. */
const MOST_THREADS = 4;
/** Threads end a second after the last export, so that a day is built in the memory they had. */
const IDLE_MILLISECONDS = 1000;
/**
 * A young generation that may grow as it likes takes 100 MB more and saves next to nothing. An export that takes more
 * than this, which none is known to do, fails by itself and not the process with it.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 256 };

/**
 * Where there is one processor, a thread has nothing to run beside, and takes a third of a second to start. A process
 * that was started without a bound for its young generation lands in a thread all the same, for the memory.
 */
export function landAsProcessorsAllow(): LandExport {
  if (availableParallelism() > 1 || !isYoungGenerationBounded()) return landInThreads();
  // A run that finds nothing stale loads neither reader nor writer.
  return async (task) => await (await import("./land-export.ts")).landExport(task);
}

function isYoungGenerationBounded(): boolean {
  return process.execArgv.some((flag) => flag.startsWith("--max-semi-space-size"));
}

/** Lands exports in threads of their own, one a processor; they are started by the first export. */
export function landInThreads(): LandExport {
  const threads = new Tinypool({
    filename: fileURLToPath(new URL("./land-export.ts", import.meta.url)),
    minThreads: 0,
    maxThreads: Math.min(availableParallelism(), MOST_THREADS),
    idleTimeout: IDLE_MILLISECONDS,
    resourceLimits: RESOURCE_LIMITS,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what comes back is what `landExport` returned
  return async (task) => await (threads.run(task, { name: "landExport" }) as ReturnType<LandExport>);
}
