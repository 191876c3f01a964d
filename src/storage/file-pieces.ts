import type { FileHandle } from "node:fs/promises";

const PIECE_BYTES = 1 << 18;

/**
 * The bytes of an open local file from `start` on. All pieces lie in the same memory, each until the next one is
 * asked for: a stream would leave as many megabytes to the garbage collector as the file has.
 */
export async function* filePieces(handle: FileHandle, start = 0): AsyncGenerator<Buffer> {
  const memory = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let position = start; ; ) {
    const { bytesRead } = await handle.read(memory, 0, PIECE_BYTES, position);
    if (bytesRead === 0) return;
    yield memory.subarray(0, bytesRead);
    position += bytesRead;
  }
}
