import { spawn } from "node:child_process";
import { join } from "node:path";
import { CACHE } from "./cache.ts";

/** Measuring makes no sense: something measured did not do its work. */
export class BenchFailed extends Error {}

export interface FinishedProcess {
  /** From before its start to after its end. */
  seconds: number;
  stdout: string;
}

export async function runProcess(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<FinishedProcess> {
  const start = performance.now();
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = await new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? String(code)));
  });
  const seconds = (performance.now() - start) / 1000;
  if (ended !== "0") throw new BenchFailed(`${command} ${args.join(" ")} ended with ${ended}\n${stderr}`);
  return { seconds, stdout: stdout.trim() };
}

/**
 * Runs a program of this folder in a process of its own, with its compiled code kept from the run before as the command
 * line keeps its own (`src/cli/start.js`).
 * @param before command and arguments that the process is started by, such as `taskset -c 0`.
 * @param flags of Node. @param env besides that of this process.
 */
export async function runScript(
  script: string,
  args: readonly string[],
  { before = [], flags = [], env = {} }: { before?: readonly string[]; flags?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<FinishedProcess> {
  const [command = process.execPath, ...rest] = [...before, process.execPath, ...flags, join(import.meta.dirname, script), ...args];
  return await runProcess(command, rest, { ...process.env, ...env, NODE_COMPILE_CACHE: join(CACHE, "compiled") });
}

/** Whether the command can be called and says that all is well. */
export async function works(command: string, args: readonly string[]): Promise<boolean> {
  return await runProcess(command, args).then(
    () => true,
    () => false,
  );
}
