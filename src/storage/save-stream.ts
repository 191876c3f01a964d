import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { fsError } from "./fs/fs-errors.ts";

/** Size and digest of the written file. */
export interface Saved {
  size: number;
  /** Lower-case hex. */
  sha256: string;
}

/**
 * Writes a stream to a local file, replacing an existing one, and hashes the bytes; removes the file when it fails.
 * Errors of the file become `LedgerError`s; errors of the stream are passed on, since only the caller knows what it reads.
 */
export async function saveStream(stream: AsyncIterable<Uint8Array>, file: string): Promise<Saved> {
  const attempt = { url: pathToFileURL(file).href, attempted: "write a local copy" };
  const fail = (error: unknown): never => {
    throw fsError(error, attempt);
  };
  const hash = createHash("sha256");
  let size = 0;
  const handle = await open(file, "w").catch(fail);
  try {
    try {
      for await (const chunk of stream) {
        hash.update(chunk);
        size += chunk.byteLength;
        await handle.writeFile(chunk).catch(fail);
      }
    } finally {
      await handle.close().catch(fail);
    }
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { size, sha256: hash.digest("hex") };
}
