import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { constants, createZstdDecompress } from "node:zlib";
import { FRAME_MAGIC_BYTES } from "./zstd-frames.ts";

/** Receives decompressed bytes; what it throws comes out of `write` or `finish`. */
export type ByteSink = (bytes: Buffer) => void;

/** Measured on 874 MB of records: pieces of 1 MiB take 0.6 s, of 64 KiB 1.7 s. */
const OUTPUT_CHUNK = 1 << 20;
/** Largest window accepted, 128 MiB: a frame that asks for more memory is refused, not served. */
const WINDOW_LOG_MAX = 27;

/** The decoder refused its input; `cause` is its own error. */
export class FrameRefused extends Error {}

/** Decompresses one zstd frame, of which it is given everything behind the magic number. */
export class FrameDecoder {
  readonly #decoder = createZstdDecompress({
    chunkSize: OUTPUT_CHUNK,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
  });
  #failure: Error | undefined;

  constructor(sink: ByteSink) {
    this.#decoder.on("error", (cause: Error) => {
      this.#failure ??= new FrameRefused("zstd frame refused", { cause });
    });
    this.#decoder.on("data", (bytes: Buffer) => {
      if (this.#failure !== undefined) return;
      try {
        sink(bytes);
      } catch (thrown) {
        this.#failure = thrown instanceof Error ? thrown : new Error(String(thrown));
        this.#decoder.destroy();
      }
    });
    this.#decoder.write(FRAME_MAGIC_BYTES);
  }

  /** Resolves when the bytes are decompressed and everything they expand to has been delivered. */
  async write(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#decoder.once("close", resolve);
      this.#decoder.write(bytes, () => {
        this.#decoder.off("close", resolve);
        resolve();
      });
    });
    while (this.#failure === undefined && this.#decoder.readableLength > 0) await setImmediate();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when the frame has come to its end and its checksum, if it has one, is right. */
  async finish(): Promise<void> {
    if (!this.#decoder.readableEnded) {
      const closed = once(this.#decoder, "close").catch(() => undefined);
      this.#decoder.end();
      await closed;
    }
    this.#decoder.destroy();
    if (this.#failure !== undefined) throw this.#failure;
  }

  destroy(): void {
    this.#decoder.destroy();
  }
}
