import { DamageFound } from "./damage.ts";

/** Major types of RFC 8949, section 3.1. */
export const UNSIGNED = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;
export const TAG = 6;
const SIMPLE = 7;
/** Additional information 31: indefinite length, or with major type 7 the break that ends it. */
export const INDEFINITE = 31;

/** A position in the bytes that are buffered right now, and the item head that was read last. */
export class CborCursor {
  bytes: Buffer = Buffer.alloc(0);
  /** Next byte to read. */
  at = 0;
  /** Position of `bytes[0]` in the decompressed export. */
  base = 0;

  /** Of the head read last: major type, additional information, argument (exact below 2^53), first byte after it. */
  major = 0;
  info = 0;
  argument = 0;
  afterHead = 0;

  get offset(): number {
    return this.base + this.at;
  }

  /** Puts `chunk` behind the bytes not read yet. */
  append(chunk: Buffer): void {
    this.base += this.at;
    this.bytes = this.at === this.bytes.length ? chunk : Buffer.concat([this.bytes.subarray(this.at), chunk]);
    this.at = 0;
  }

  /**
   * Reads the head of the item at `at` without moving. False when its bytes have not all arrived.
   * Throws `DamageFound` on a head that RFC 8949 does not define.
   */
  readHead(): boolean {
    const { bytes, at } = this;
    const initial = bytes[at];
    if (initial === undefined) return false;
    this.major = initial >> 5;
    const info = initial & 0x1f;
    this.info = info;
    if (info < 24) {
      this.argument = info;
      this.afterHead = at + 1;
      return true;
    }
    if (info > 27) return this.#unsizedHead(initial);
    const length = 1 << (info - 24);
    this.afterHead = at + 1 + length;
    if (this.afterHead > bytes.length) return false;
    if (length === 1) this.argument = bytes.readUInt8(at + 1);
    else if (length === 2) this.argument = bytes.readUInt16BE(at + 1);
    else if (length === 4) this.argument = bytes.readUInt32BE(at + 1);
    else this.argument = bytes.readUInt32BE(at + 1) * 2 ** 32 + bytes.readUInt32BE(at + 5);
    return true;
  }

  /** The argument of an eight-byte head, exact. */
  exactArgument(): bigint {
    return this.bytes.readBigUInt64BE(this.afterHead - 8);
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

/** Whether the head read last is the break that ends an indefinite item. */
export function isBreak(cursor: CborCursor): boolean {
  return cursor.major === SIMPLE && cursor.info === INDEFINITE;
}
