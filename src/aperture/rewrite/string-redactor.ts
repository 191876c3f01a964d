import { isUtf8 } from "node:buffer";
import { type CborCursor, isBreak } from "../reader/cbor/cbor-cursor.ts";
import { BYTES, INDEFINITE, TEXT } from "../reader/cbor/cbor-head.ts";
import { stringItem, textItem } from "./encode-item.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import type { Redactor } from "./redactor.ts";

/** Longest encoded string that is looked through; a longer one is not kept. */
const MAX_REDACTED_BYTES = 1 << 24;
/** What a longer one is counted as, and replaced by. */
const TOO_LARGE = "too_large";

/** What is done to a string. */
export interface Replacing {
  redact: Redactor;
  found: (name: string) => void;
  write: (bytes: Buffer) => void;
  /**
   * How bytes are read that are no UTF-8. In one, Latin-1: what was found is not looked through again, where a pattern could match the
   * mark that it left. In both, UTF-8 after it: Latin-1 takes a byte that is no UTF-8 for a letter, and a login beside it for part of a
   * longer one. Readers of the copy take it for none.
   */
  codings: "one" | "both";
}

const UTF8 = ["utf8"] as const;
const CODINGS = { one: ["latin1"], both: ["latin1", "utf8"] } as const;

/** Reads one string of text or bytes, of either form, and writes it again without what is to be replaced. */
export class StringRedactor {
  readonly #redact: Redactor;
  readonly #found: (name: string) => void;
  readonly #write: (bytes: Buffer) => void;
  readonly #oddCodings: readonly ("latin1" | "utf8")[];
  /** As it was encoded, and its content, in case nothing has to be replaced. */
  readonly #encoded = new GrowingBytes();
  readonly #content = new GrowingBytes();
  #major: typeof TEXT | typeof BYTES = TEXT;
  #parted = false;
  /** Content bytes of the string, or of its part, still to come. */
  #left = 0;
  #tooLarge = false;

  constructor({ redact, found, write, codings }: Replacing) {
    this.#redact = redact;
    this.#found = found;
    this.#write = write;
    this.#oddCodings = CODINGS[codings];
  }

  /** Begins with the string whose head was read last, and moves behind the head. */
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

  /** Moves the cursor as far as its bytes reach; true when the string has been read and written. */
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
