import { type CborCursor, isBreak } from "./cbor-cursor.ts";
import { INDEFINITE } from "./cbor-head.ts";

/** Passes a text or byte string, definite or indefinite, and hands its content on while it arrives, in constant memory. */
export class StringPieces {
  #major = 0;
  #isParted = false;
  /** Content bytes of the string, or of its current part, that have not arrived. */
  #left = 0;

  /** Starts with the string whose head was read last, and moves past the head. */
  start(cursor: CborCursor): void {
    this.#major = cursor.major;
    this.#isParted = cursor.info === INDEFINITE;
    this.#left = this.#isParted ? 0 : cursor.argument;
    cursor.at = cursor.afterHead;
  }

  /** Moves the cursor as far as the buffered bytes allow; true when the string has been passed. @param take given bytes that are valid until it returns. */
  run(cursor: CborCursor, take: (bytes: Buffer) => void): boolean {
    for (;;) {
      const end = cursor.at + Math.min(this.#left, cursor.bytes.length - cursor.at);
      if (end > cursor.at) take(cursor.bytes.subarray(cursor.at, end));
      this.#left -= end - cursor.at;
      cursor.at = end;
      if (this.#left > 0) return false;
      if (!this.#isParted) return true;
      if (!cursor.readHead()) return false;
      const ends = isBreak(cursor);
      if (!ends && (cursor.major !== this.#major || cursor.info === INDEFINITE)) throw cursor.malformed("an indefinite string has a part of another type");
      this.#left = ends ? 0 : cursor.argument;
      this.#isParted = !ends;
      cursor.at = cursor.afterHead;
    }
  }
}
