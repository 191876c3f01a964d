import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { filePieces } from "./file-pieces.ts";

/** SHA-256 of a local file, lower-case hex, in constant memory. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  const handle = await open(file);
  try {
    for await (const piece of filePieces(handle)) hash.update(piece);
  } finally {
    await handle.close();
  }
  return hash.digest("hex");
}
