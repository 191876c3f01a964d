/** RFC 8949, section 3.1: the upper three bits of an item's first byte. */
const UNSIGNED = 0 << 5;
const BYTES = 2 << 5;
const TEXT = 3 << 5;
const ARRAY = 4 << 5;
const MAP = 5 << 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT64 = 0xfb;

/** Largest size of a head or a float: one byte, followed by eight. */
const LONGEST_HEAD = 9;

/**
 * Writes CBOR items one after the other into a buffer of its own.
 * A general encoder would turn a cost of 1.0 into an integer, sort the keys, and copy megabytes of text letter by letter.
 */
export class CborWriter {
  #buffer = Buffer.allocUnsafe(1 << 20);
  #end = 0;

  get length(): number {
    return this.#end;
  }

  /** What was written since the last time; valid until the next write. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#end);
    this.#end = 0;
    return taken;
  }

  unsigned(value: number): void {
    this.#head(UNSIGNED, value);
  }

  /** Always eight bytes, as the gateway writes dollars. */
  float(value: number): void {
    this.#reserve(LONGEST_HEAD);
    this.#buffer[this.#end] = FLOAT64;
    this.#end = this.#buffer.writeDoubleBE(value, this.#end + 1);
  }

  boolean(value: boolean): void {
    this.#simple(value ? TRUE : FALSE);
  }

  null(): void {
    this.#simple(NULL);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#head(TEXT, length);
    this.#reserve(length);
    this.#end += this.#buffer.write(value, this.#end);
  }

  /** Text that is UTF-8 already. */
  encodedText(value: Uint8Array): void {
    this.#head(TEXT, value.length);
    this.#copy(value);
  }

  /** One byte string out of several parts. */
  bytes(parts: readonly Uint8Array[]): void {
    this.#head(BYTES, parts.reduce((sum, part) => sum + part.length, 0));
    for (const part of parts) this.#copy(part);
  }

  /** Begins a list of the given number of items. */
  array(count: number): void {
    this.#head(ARRAY, count);
  }

  /** Begins a map of the given number of pairs. */
  map(count: number): void {
    this.#head(MAP, count);
  }

  #head(major: number, value: number): void {
    this.#reserve(LONGEST_HEAD);
    const buffer = this.#buffer;
    const at = this.#end;
    if (value < 24) {
      this.#end = buffer.writeUInt8(major | value, at);
    } else if (value <= 0xff) {
      buffer[at] = major | 24;
      this.#end = buffer.writeUInt8(value, at + 1);
    } else if (value <= 0xffff) {
      buffer[at] = major | 25;
      this.#end = buffer.writeUInt16BE(value, at + 1);
    } else if (value <= 0xffff_ffff) {
      buffer[at] = major | 26;
      this.#end = buffer.writeUInt32BE(value, at + 1);
    } else {
      buffer[at] = major | 27;
      this.#end = buffer.writeBigUInt64BE(BigInt(value), at + 1);
    }
  }

  #simple(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#end] = byte;
    this.#end += 1;
  }

  #copy(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#end);
    this.#end += value.length;
  }

  #reserve(length: number): void {
    if (this.#end + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + length));
    larger.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = larger;
  }
}
