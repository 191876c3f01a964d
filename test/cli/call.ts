import { spawn } from "node:child_process";
import { join } from "node:path";
import { callResident } from "./call-resident.ts";

export interface CallResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CallOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** @param at RFC 3339: what the command takes for the time; absent for now. */
type ResidentOptions = CallOptions & { at?: string };

const MAIN = join(import.meta.dirname, "../../src/cli/start.js");

/** What of the environment a call gets: nothing of the machine's own credentials or settings. */
function environment(env: Record<string, string>): Record<string, string> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), TERM: "xterm", APERTURE_LEDGER_CALLED_AS: "aperture-ledger", AWS_EC2_METADATA_DISABLED: "true", ...env };
}

/** Calls the command line as its user does, but in a process that other calls of this test file have used before. */
export async function call(args: readonly string[], { cwd = process.cwd(), env = {}, at }: ResidentOptions = {}): Promise<CallResult> {
  return await callResident(args, { cwd, env: environment(env), ...(at !== undefined && { at }) });
}

/** The same in a process of its own: for tests about the process, such as its signals, limits and Node's own settings. */
export async function callProcess(args: readonly string[], options: CallOptions = {}): Promise<CallResult> {
  return await run(process.execPath, [MAIN, ...args], options);
}

/** The same through a shell, `$LEDGER` being the command. */
export async function callInShell(script: string, options: CallOptions = {}): Promise<CallResult> {
  const ledger = `${process.execPath} ${MAIN}`;
  return await run("bash", ["-c", script], { ...options, env: { ...options.env, LEDGER: ledger } });
}

async function run(command: string, args: readonly string[], { cwd, env = {} }: CallOptions): Promise<CallResult> {
  const child = spawn(command, args, { cwd, env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
