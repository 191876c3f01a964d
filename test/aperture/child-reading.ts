import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ExportReading } from "../../src/aperture/reader/read-export.ts";

const SCRIPT = fileURLToPath(new URL("read-in-child.ts", import.meta.url));
const KILL_AFTER_MS = 60_000;

/** What one reading may take at most: nothing an export holds is in memory whole. */
export const MOST_MIB = 300;

export interface ChildReading extends ExportReading {
  inputTokens: number;
  outputTokens: number;
  nanodollars: string;
  residentMiB: number;
}

/** Reads an export file in a process that is killed after a minute, so that a hang is a failure of that file. */
export async function readInChild(file: string, name: string, killAfterMs = KILL_AFTER_MS): Promise<ChildReading> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, "--name", name, file], {
    timeout: killAfterMs,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout) as ChildReading;
}
