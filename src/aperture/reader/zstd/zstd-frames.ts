import { DamageFound } from "../damage.ts";

/** What ends at the current position: nothing, a frame's magic number, a block, or a whole frame. */
export type FrameBoundary = "inside" | "magic" | "block" | "frame";

type Phase = "magic" | "descriptor" | "header" | "block_head" | "block_body" | "checksum" | "skip_size" | "skip_body";

const FRAME_MAGIC = 0xfd2fb528;
/** The four bytes every frame of data starts with. */
export const FRAME_MAGIC_BYTES = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** RFC 8878, 3.1.2: sixteen magic numbers mark frames of user data that decoders pass over. */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** RFC 8878, 3.1.1.1: window descriptor, dictionary id and content size. */
const LONGEST_HEADER = 13;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** Largest accepted window: 128 MiB, the default limit of zstd itself. */
export const WINDOW_LOG_MAX = 27;
const MEBIBYTE = 2 ** 20;

/**
 * Finds the ends of zstd blocks and frames (RFC 8878, section 3) in a stream of bytes without decompressing them, so
 * that a decoder which stops after the first frame can receive one frame at a time.
 */
export class ZstdFrameWalker {
  /** Position in the object of the next byte to walk over. */
  offset: number;
  /** Position in the object of the current frame's first byte. */
  frameStart: number;
  /** Whether the current frame is one that decoders pass over. */
  skippable = false;

  #phase: Phase = "magic";
  #missing = 4;
  /** Little-endian value of the header bytes collected in this phase; only phases of up to four bytes read it. */
  #value = 0;
  #collected = 0;
  #checksum = false;
  #lastBlock = false;
  #descriptor = 0;
  /** Bytes between the descriptor and the first block. */
  readonly #header = new Uint8Array(LONGEST_HEADER);

  /** `start`: position in the object of the first byte to be walked over, where a frame starts. */
  constructor(start = 0) {
    this.offset = start;
    this.frameStart = start;
  }

  /** Whether a frame has begun and has not ended. */
  get insideFrame(): boolean {
    return this.#phase !== "magic" || this.#collected > 0;
  }

  /**
   * Walks over `chunk` from `from` up to the next boundary or to its end.
   * Returns where it stopped and what ends there. Throws `DamageFound` for bytes that are not zstd, and before a frame that needs
   * more memory than allowed.
   */
  walk(chunk: Uint8Array, from: number): { to: number; boundary: FrameBoundary } {
    let at = from;
    while (at < chunk.length || this.#missing === 0) {
      const taken = Math.min(this.#missing, chunk.length - at);
      if (this.#phase !== "block_body" && this.#phase !== "skip_body") this.#collect(chunk, at, taken);
      this.#missing -= taken;
      at += taken;
      this.offset += taken;
      if (this.#missing > 0) break;
      const boundary = this.#next();
      if (boundary !== "inside") return { to: at, boundary };
    }
    return { to: at, boundary: "inside" };
  }

  #collect(chunk: Uint8Array, at: number, length: number): void {
    for (let i = 0; i < length; i++) {
      const byte = chunk[at + i] ?? 0;
      if (this.#collected < 4) this.#value += byte * 2 ** (8 * this.#collected);
      if (this.#phase === "header") this.#header[this.#collected] = byte;
      this.#collected++;
    }
  }

  #enter(phase: Phase, length: number): FrameBoundary {
    this.#phase = phase;
    this.#missing = length;
    this.#value = 0;
    this.#collected = 0;
    return "inside";
  }

  #next(): FrameBoundary {
    const value = this.#value;
    switch (this.#phase) {
      case "magic":
        return this.#begin(value);
      case "descriptor":
        this.#descriptor = value;
        return this.#enter("header", this.#headerLength(value));
      case "header":
        this.#checkWindow();
        return this.#enter("block_head", 3);
      case "block_head":
        return this.#enter("block_body", this.#bodyLength(value));
      case "block_body":
        if (!this.#lastBlock) this.#enter("block_head", 3);
        else if (this.#checksum) this.#enter("checksum", 4);
        else return this.#end();
        return "block";
      case "skip_size":
        return this.#enter("skip_body", value);
      case "checksum":
      case "skip_body":
        return this.#end();
      default:
        return this.#phase satisfies never;
    }
  }

  #begin(magic: number): FrameBoundary {
    this.frameStart = this.offset - 4;
    this.skippable = magic - (magic % 16) === SKIPPABLE_MAGIC;
    if (this.skippable || magic === FRAME_MAGIC) {
      if (this.skippable) this.#enter("skip_size", 4);
      else this.#enter("descriptor", 1);
      return "magic";
    }
    throw new DamageFound("not_zstd", this.frameStart, `no zstd frame starts at byte ${this.frameStart}`);
  }

  #end(): FrameBoundary {
    this.#enter("magic", 4);
    return "frame";
  }

  /** RFC 8878, 3.1.1.1: window descriptor, dictionary id and content size follow the descriptor. */
  #headerLength(descriptor: number): number {
    this.#checksum = (descriptor & 0x04) !== 0;
    return (isSingleSegment(descriptor) ? 0 : 1) + dictionaryBytes(descriptor) + sizeBytes(descriptor);
  }

  /** A single-segment frame has no separate window: its whole content is kept in memory. */
  #checkWindow(): void {
    const descriptor = this.#descriptor;
    const window = isSingleSegment(descriptor) ? contentSize(this.#header, descriptor) : windowSize(this.#header[0] ?? 0);
    if (window <= 2 ** WINDOW_LOG_MAX) return;
    const [asked, most] = [window, 2 ** WINDOW_LOG_MAX].map((bytes) => `${String(Math.ceil(bytes / MEBIBYTE))} MiB`);
    throw new DamageFound(
      "zstd_window_too_large",
      this.frameStart,
      `the zstd frame at byte ${this.frameStart} has a window of ${asked}, and ${most} is the most that is kept in memory: compress its content again with zstd --long=${WINDOW_LOG_MAX} or less, and put that object in its place`,
    );
  }

  /** RFC 8878, 3.1.1.2: bit 0 marks the last block, bits 1 and 2 the type; an RLE block is one byte long. */
  #bodyLength(head: number): number {
    const type = (head >> 1) & 0x03;
    const size = head >> 3;
    if (type === BLOCK_RESERVED) {
      throw new DamageFound("zstd_corrupt", this.offset - 3, `zstd block of reserved type at byte ${this.offset - 3}`);
    }
    this.#lastBlock = (head & 1) === 1;
    return type === BLOCK_RLE ? 1 : size;
  }
}

function isSingleSegment(descriptor: number): boolean {
  return (descriptor & 0x20) !== 0;
}

function dictionaryBytes(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 0x03] ?? 0;
}

function sizeBytes(descriptor: number): number {
  return [isSingleSegment(descriptor) ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
}

/** RFC 8878, 3.1.1.1.2. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 0x07);
}

/** RFC 8878, 3.1.1.1.4, of a frame of a single segment. */
function contentSize(header: Uint8Array, descriptor: number): number {
  const view = new DataView(header.buffer, dictionaryBytes(descriptor));
  switch (sizeBytes(descriptor)) {
    case 1:
      return view.getUint8(0);
    case 2:
      return view.getUint16(0, true) + 256;
    case 4:
      return view.getUint32(0, true);
    default:
      return Number(view.getBigUint64(0, true));
  }
}
