import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, type ZstdCompress } from "node:zlib";

/** Bytes per call of the compressor; a fixed number, so that the same content becomes the same frame. */
const BLOCK_BYTES = 1 << 18;
/** Blocks that may wait for the compressor before the writer has to wait. */
const MOST_WAITING = 4;

/** 16 MiB: every request of a conversation repeats its history, half a megabyte and more. */
const WINDOW_LOG = 24;
const PARAMETERS = {
  [constants.ZSTD_c_compressionLevel]: 3,
  [constants.ZSTD_c_checksumFlag]: 1,
  [constants.ZSTD_c_windowLog]: WINDOW_LOG,
  [constants.ZSTD_c_enableLongDistanceMatching]: 1,
};

/** A local file of one zstd frame whose bytes depend only on its content. Uses constant memory. */
export class CompressedFile {
  readonly #zstd: ZstdCompress = createZstdCompress({ params: PARAMETERS });
  readonly #written: Promise<void>;
  readonly #free: Buffer[] = [];
  #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;
  #waiting = 0;
  /** Resolves when the compressor is done with the next block. */
  #compressed = Promise.withResolvers<void>();

  constructor(path: string) {
    this.#written = pipeline(this.#zstd, createWriteStream(path));
    this.#written.catch(() => undefined);
  }

  /** The caller may reuse the memory of the bytes when this returns. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(bytes.length - at, BLOCK_BYTES - this.#filled);
      this.#block.set(at === 0 && taken === bytes.length ? bytes : bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === BLOCK_BYTES) this.#compress();
    }
  }

  /** Resolves when there is room again, undefined where there is; rejects when the file cannot be written. */
  room(): Promise<void> | undefined {
    return this.#waiting < MOST_WAITING ? undefined : this.#drain(MOST_WAITING - 1);
  }

  /** Resolves when everything is in the file. */
  async close(): Promise<void> {
    if (this.#filled > 0) this.#compress();
    // If a compressor learned of the end before its last block, it would end the frame differently.
    await this.#drain(0);
    this.#zstd.end();
    await this.#written;
  }

  /** Closes the file without completing it. */
  async abandon(): Promise<void> {
    this.#zstd.destroy();
    await this.#written.catch(() => undefined);
  }

  /** Resolves when at most the given number of blocks wait. */
  async #drain(waiting: number): Promise<void> {
    while (this.#waiting > waiting) await Promise.race([this.#compressed.promise, this.#written]);
  }

  #compress(): void {
    const block = this.#block;
    this.#waiting++;
    this.#zstd.write(block.subarray(0, this.#filled), () => {
      this.#waiting--;
      this.#free.push(block);
      this.#compressed.resolve();
      this.#compressed = Promise.withResolvers();
    });
    this.#block = this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled = 0;
  }
}
