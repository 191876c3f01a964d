import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LedgerError, messageOf } from "../ledger/errors.ts";

/** Runs with a local folder for temporary files, which is always removed afterwards. */
export async function withWorkspace<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const { directory, close } = openWorkspace();
  try {
    return await use(directory);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(directory, error) : error;
  } finally {
    await close();
  }
}

export interface Workspace {
  directory: string;
  /** Removes the folder with its contents. */
  close: () => Promise<void>;
}

/** Opens a temporary folder for a generator, which must close it. */
export function openWorkspace(): Workspace {
  const directory = makeWorkspace();
  const leave = removeAtExit(directory);
  return {
    directory,
    close: async () => {
      await rm(directory, { recursive: true, force: true });
      leave();
    },
  };
}

/** Synchronous, so that a process that receives a signal knows every folder it has created. */
function makeWorkspace(): string {
  try {
    return mkdtempSync(join(tmpdir(), "aperture-ledger-"));
  } catch (cause) {
    throw new LedgerError("storage_denied", `temporary files cannot be written in ${tmpdir()}: ${messageOf(cause)}`, {
      remedy: "point TMPDIR at a folder that exists and can be written",
      cause,
    });
  }
}

/** Folders to remove when the process ends on a signal; a killed process leaves them behind. */
const open = new Set<string>();
process.on("exit", () => {
  for (const directory of open) removeFromUnderThreads(directory);
});

/** Threads still write while the process exits. Renaming the folder first keeps them from creating files in it. */
function removeFromUnderThreads(directory: string): void {
  if (!existsSync(directory)) return;
  const leaving = `${directory}-leaving`;
  renameSync(directory, leaving);
  rmSync(leaving, { recursive: true, force: true, maxRetries: 10 });
}

function removeAtExit(directory: string): () => void {
  open.add(directory);
  return () => void open.delete(directory);
}

/** Creates a folder inside an existing workspace: one that is being removed must not be created again. */
export async function subdirectory(workspace: string): Promise<string> {
  return await mkdtemp(join(workspace, "part-"));
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof LedgerError) return false;
  return ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) || /no space left on device|disk quota exceeded/i.test(error.message);
}

function diskFull(directory: string, cause: unknown): LedgerError {
  return new LedgerError("storage_full", `no space is left for temporary files in ${directory}`, {
    remedy: "free space there, or point TMPDIR at a larger disk, and run again: nothing was published partially",
    retryable: true,
    cause,
  });
}
