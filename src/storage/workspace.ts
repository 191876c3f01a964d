import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LedgerError } from "../errors.ts";

/** A local folder for files on their way; it is gone afterwards whatever happens. */
export async function withWorkspace<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "aperture-ledger-"));
  try {
    return await use(directory);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(directory, error) : error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A fresh folder inside a workspace. */
export async function subdirectory(workspace: string): Promise<string> {
  await mkdir(workspace, { recursive: true });
  return await mkdtemp(join(workspace, "part-"));
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof LedgerError) return false;
  return ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) || /No space left on device/i.test(error.message);
}

function diskFull(directory: string, cause: unknown): LedgerError {
  return new LedgerError("storage_full", `no space left for temporary files in ${directory}`, {
    remedy: "free space there, or point TMPDIR at a larger disk, and run again: nothing was half-published",
    retryable: true,
    cause,
  });
}
