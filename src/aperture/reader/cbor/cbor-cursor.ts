import { viewOf } from "./byte-words.ts";
import { FIRST_WIDTH, INDEFINITE, LAST_WIDTH, NEGATIVE, SELF_DESCRIBED, SIMPLE, TAG, UNSIGNED, wideArgument } from "./cbor-head.ts";
import { DamageFound } from "../damage.ts";

/** A position in the buffered bytes, and the item head that was read last. */
export class CborCursor {
  bytes: Buffer = Buffer.alloc(0);
  /** A view of the same bytes that reads several at once. */
  view: DataView = viewOf(this.bytes);
  /** Next byte to read. */
  at = 0;
  /** Position of `bytes[0]` in the decompressed export. */
  base = 0;

  /** The head read last: major type, additional information, argument (exact below 2^53), first byte after it. */
  major = 0;
  info = 0;
  argument = 0;
  afterHead = 0;

  /** Unread bytes of an earlier chunk, and room to append the next chunk. */
  #joined: Buffer = Buffer.alloc(0);

  get offset(): number {
    return this.base + this.at;
  }

  /** Appends `chunk` to the unread bytes. It must not change until `keepRest`. */
  append(chunk: Buffer): void {
    const rest = this.bytes.length - this.at;
    this.base += this.at;
    this.bytes = rest === 0 ? chunk : this.#join(chunk, rest);
    this.view = viewOf(this.bytes);
    this.at = 0;
  }

  /** Copies the unread bytes out of the chunk, whose memory may then be reused. */
  keepRest(): void {
    const rest = this.bytes.length - this.at;
    this.#makeRoom(rest);
    this.bytes.copy(this.#joined, 0, this.at);
    this.base += this.at;
    this.bytes = this.#joined.subarray(0, rest);
    this.at = 0;
  }

  #join(chunk: Buffer, rest: number): Buffer {
    if (this.at > 0 || this.bytes.buffer !== this.#joined.buffer) this.keepRest();
    this.#makeRoom(rest + chunk.length);
    chunk.copy(this.#joined, rest);
    return this.#joined.subarray(0, rest + chunk.length);
  }

  #makeRoom(size: number): void {
    if (size <= this.#joined.length) return;
    const larger = Buffer.allocUnsafeSlow(size * 2);
    this.#joined.copy(larger);
    this.#joined = larger;
  }

  /**
   * Reads the head of the item at `at` without moving. False when its bytes have not all arrived.
   * Throws `DamageFound` on a head that RFC 8949 does not define.
   */
  readHead(): boolean {
    const { bytes, view, at } = this;
    if (at >= bytes.length) return false;
    const initial = bytes[at] ?? 0;
    this.major = initial >> 5;
    const info = initial & 0x1f;
    this.info = info;
    if (info < FIRST_WIDTH) {
      this.argument = info;
      this.afterHead = at + 1;
      return true;
    }
    if (info > LAST_WIDTH) return this.#unsizedHead(initial);
    this.afterHead = at + 1 + (1 << (info - FIRST_WIDTH));
    if (this.afterHead > bytes.length) return false;
    this.argument = wideArgument(view, at + 1, info);
    return true;
  }

  /** The argument of an eight-byte head, exact. */
  exactArgument(): bigint {
    return this.view.getBigUint64(this.afterHead - 8);
  }

  #unsizedHead(initial: number): boolean {
    const sized = this.major === UNSIGNED || this.major === NEGATIVE || this.major === TAG;
    if (this.info !== INDEFINITE || sized) throw this.malformed(`byte 0x${initial.toString(16)} starts no CBOR item`);
    this.argument = 0;
    this.afterHead = this.at + 1;
    return true;
  }

  malformed(what: string): DamageFound {
    return new DamageFound("cbor_malformed", this.offset, `${what}, at byte ${this.offset} of the content`);
  }
}

/** Whether the head read last is the tag that only announces CBOR. */
export function isSelfDescribed(cursor: CborCursor): boolean {
  return cursor.major === TAG && cursor.argument === SELF_DESCRIBED;
}

/** Whether the head read last is the break that ends an indefinite item. */
export function isBreak(cursor: CborCursor): boolean {
  return cursor.major === SIMPLE && cursor.info === INDEFINITE;
}
