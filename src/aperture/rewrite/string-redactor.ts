import { isUtf8 } from "node:buffer";
import { type CborCursor, isBreak } from "../reader/cbor/cbor-cursor.ts";
import { BYTES, INDEFINITE, TEXT } from "../reader/cbor/cbor-head.ts";
import { stringItem, textItem } from "./encode-item.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import type { Redactor } from "./redactor.ts";

/** Longest encoded string that is searched; a longer one is dropped. */
const MAX_REDACTED_BYTES = 1 << 24;
/** Name and replacement of a longer string. */
const TOO_LARGE = "too_large";

/** What to do with a string. */
export interface Replacing {
  redact: Redactor;
  found: (name: string) => void;
  write: (bytes: Buffer) => void;
  /**
   * How to decode bytes that are not UTF-8. `one`: as Latin-1 only, so that no pattern matches the mark of an earlier replacement.
   * `both`: as Latin-1, then as UTF-8. Latin-1 turns a byte that is not UTF-8 into a letter, so that a login beside it looks like part of
   * a longer word; readers of the copy do not see a letter there.
   */
  codings: "one" | "both";
}

const UTF8 = ["utf8"] as const;
const CODINGS = { one: ["latin1"], both: ["latin1", "utf8"] } as const;

/** Reads one text or byte string, definite or indefinite, and copies it with the replacements. */
export class StringRedactor {
  readonly #redact: Redactor;
  readonly #found: (name: string) => void;
  readonly #write: (bytes: Buffer) => void;
  readonly #oddCodings: readonly ("latin1" | "utf8")[];
  /** The encoded string and its content, for the case that nothing is replaced. */
  readonly #encoded = new GrowingBytes();
  readonly #content = new GrowingBytes();
  #major: typeof TEXT | typeof BYTES = TEXT;
  #parted = false;
  /** Content bytes of the string, or of its current part, that have not arrived. */
  #left = 0;
  #tooLarge = false;

  constructor({ redact, found, write, codings }: Replacing) {
    this.#redact = redact;
    this.#found = found;
    this.#write = write;
    this.#oddCodings = CODINGS[codings];
  }

  /** Starts with the string whose head was read last, and moves past the head. */
  start(cursor: CborCursor): void {
    const { major, info, argument } = cursor;
    this.#major = major === TEXT ? TEXT : BYTES;
    this.#parted = info === INDEFINITE;
    this.#left = this.#parted ? 0 : argument;
    this.#tooLarge = argument > MAX_REDACTED_BYTES;
    this.#encoded.clear();
    this.#content.clear();
    this.#keepHead(cursor);
  }

  /** Moves the cursor as far as the buffered bytes allow; true when the string has been read and written. */
  run(cursor: CborCursor): boolean {
    for (;;) {
      const taken = cursor.bytes.subarray(cursor.at, cursor.at + Math.min(this.#left, cursor.bytes.length - cursor.at));
      this.#keep(taken, taken);
      cursor.at += taken.length;
      this.#left -= taken.length;
      if (this.#left > 0) return false;
      if (!this.#parted) break;
      if (!cursor.readHead()) return false;
      const ends = isBreak(cursor);
      if (!ends && (cursor.major !== this.#major || cursor.info === INDEFINITE)) {
        throw cursor.malformed("an indefinite string has a part of another type");
      }
      this.#left = ends ? 0 : cursor.argument;
      this.#parted = !ends;
      this.#keepHead(cursor);
      if (ends) break;
    }
    this.#finish();
    return true;
  }

  #keepHead(cursor: CborCursor): void {
    this.#keep(cursor.bytes.subarray(cursor.at, cursor.afterHead), undefined);
    cursor.at = cursor.afterHead;
  }

  #keep(encoded: Buffer, content: Buffer | undefined): void {
    if (this.#encoded.length + encoded.length > MAX_REDACTED_BYTES) {
      this.#tooLarge = true;
      this.#encoded.clear();
      this.#content.clear();
    }
    if (this.#tooLarge) return;
    this.#encoded.add(encoded);
    if (content !== undefined) this.#content.add(content);
  }

  #finish(): void {
    if (this.#tooLarge) {
      this.#found(TOO_LARGE);
      const marker = textItem(`[${TOO_LARGE}]`);
      this.#write(this.#major === TEXT ? marker : stringItem(BYTES, marker.subarray(1)));
      return;
    }
    const content = this.#content.view();
    let redacted = content;
    const codings = isUtf8(content) ? UTF8 : this.#oddCodings;
    for (const coding of codings) {
      const text = redacted.toString(coding);
      const changed = this.#redact(text, this.#found);
      if (changed !== text) redacted = Buffer.from(changed, coding);
    }
    this.#write(redacted === content ? this.#encoded.view() : stringItem(this.#major, redacted));
  }
}
