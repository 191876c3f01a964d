import { enableCompileCache, syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runCommand } from "../../src/cli/run-command.ts";

/** A command to be run as if in a process of its own, and the text that ends what it prints. */
export interface ResidentCall {
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** RFC 3339: when it is for the command; absent for now. */
  at?: string;
  end: string;
}

export interface ResidentResult {
  code: number;
  /** What is still open although the command is over; its own process would not end. */
  left: readonly string[];
}

const LONGEST_WAIT_MS = 30_000;

/**
 * Runs commands one after the other in one process, which is started once: starting Node and loading the command line takes
 * longer than most commands do. Folder and environment are each command's own.
 */
function serve(): void {
  // As on a machine with a single processor, where exports are read without threads: each run would start its own.
  os.availableParallelism = () => 1;
  syncBuiltinESMExports();
  enableCompileCache(join(import.meta.dirname, "../../node_modules/.cache/aperture-ledger"));
  // Both streams are opened at their first use, and then stay.
  for (const stream of [process.stdout, process.stderr]) stream.write("");
  process.on("message", (message: ResidentCall) => void run(message, idle));
  process.on("disconnect", () => process.exit());
  const idle = countResources();
}

async function run({ args, cwd, env, at, end }: ResidentCall, idle: ReadonlyMap<string, number>): Promise<void> {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
  const code = await runCommand(args, () => (at === undefined ? new Date() : new Date(at)));
  const left = await resourcesLeft(idle);
  for (const stream of [process.stdout, process.stderr]) stream.write(end);
  const result: ResidentResult = { code, left };
  process.send?.(result);
}

async function resourcesLeft(idle: ReadonlyMap<string, number>): Promise<string[]> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  for (;;) {
    const left = [...countResources()].filter(([name, count]) => count > (idle.get(name) ?? 0)).map(([name]) => name);
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(5, undefined, { ref: false });
  }
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

serve();
