import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { constants, createZstdDecompress, type ZstdDecompress } from "node:zlib";
import { FRAME_MAGIC_BYTES, WINDOW_LOG_MAX } from "./zstd-frames.ts";

/**
 * Receives decompressed bytes, valid until it returns; what it throws comes out of `write` or `finish`.
 * May return a promise: until it resolves no more is decompressed than a piece or two.
 */
export type ByteSink = (bytes: Buffer) => Promise<void> | undefined | void;

/** The decoder refused its input; `cause` is its own error. */
export class FrameRefused extends Error {}

/**
 * Decompresses zstd frames, of which it is given everything behind the magic number. One for all frames of a file:
 * what a decoder has allocated for a frame's window is kept until the garbage collector comes by.
 */
export class FrameDecoder {
  readonly #decoder: ZstdDecompress;
  readonly #sink: ByteSink;
  #failure: Error | undefined;

  /** @param pieceBytes most bytes that the sink is given at once. */
  constructor(sink: ByteSink, pieceBytes: number) {
    const params = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX };
    this.#decoder = createZstdDecompress({ chunkSize: pieceBytes, params });
    this.#decoder.on("error", (cause: Error) => {
      this.#failure ??= new FrameRefused("zstd frame refused", { cause });
    });
    this.#sink = sink;
    // The decoder goes on with the next piece in a thread of its own as soon as this listener has returned.
    this.#decoder.on("data", (bytes: Buffer) => queueMicrotask(() => this.#deliver(bytes)));
  }

  /** To be called where a frame begins. */
  begin(): void {
    this.#decoder.write(FRAME_MAGIC_BYTES);
  }

  #deliver(bytes: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      const until = this.#sink(bytes);
      giveBack(bytes);
      if (until !== undefined) this.#pause(until);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #pause(until: Promise<void>): void {
    this.#decoder.pause();
    until.then(
      () => this.#decoder.resume(),
      (thrown: unknown) => this.#fail(thrown),
    );
  }

  #fail(thrown: unknown): void {
    this.#failure ??= thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#decoder.destroy();
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

  /** Resolves when the last frame has come to its end; checksums are looked at before. */
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

/**
 * Frees the memory of a piece that fills its buffer to the end, which the decoder does not write to again. Waiting for
 * the garbage collector instead takes half as long again, and 60 MB.
 */
function giveBack(piece: Buffer): void {
  const { buffer, byteOffset, byteLength } = piece;
  if (buffer instanceof ArrayBuffer && byteOffset + byteLength === buffer.byteLength) buffer.transfer(0);
}
