import type { FileHandle } from "node:fs/promises";

const PIECE_BYTES = 1 << 18;

/**
 * The bytes of an open local file from `start` on. All pieces share one buffer, and each is valid until the next is read:
 * a stream would allocate the whole file for the garbage collector.
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
