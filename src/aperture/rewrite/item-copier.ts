import { type CborCursor, isBreak, isSelfDescribed } from "../reader/cbor/cbor-cursor.ts";
import { INDEFINITE, TEXT } from "../reader/cbor/cbor-head.ts";
import { NOT_ALL_HERE, readBounded } from "../reader/cbor/cbor-value.ts";
import { MAX_NAME_BYTES } from "../reader/field-table.ts";
import { ItemSkipper } from "../reader/cbor/item-skipper.ts";

/** Consumes the buffered bytes; `yield` waits for more. Positions in the buffer are invalid afterwards. */
export type Reading<Result = void> = Generator<void, Result, void>;

/** Copies items unchanged, or enters them, while their bytes arrive. */
export class ItemCopier {
  readonly cursor: CborCursor;
  readonly #skipper = new ItemSkipper();
  readonly #write: (bytes: Uint8Array) => void;

  /** @param write given bytes that are valid until it returns. */
  constructor(cursor: CborCursor, write: (bytes: Uint8Array) => void) {
    this.cursor = cursor;
    this.#write = write;
  }

  *readHead(): Reading {
    while (!this.cursor.readHead()) yield;
  }

  /** Reads the head of the item at the cursor; tags before it that change nothing are copied. */
  *readItemHead(): Reading {
    yield* this.readHead();
    while (isSelfDescribed(this.cursor)) {
      this.#copyHead();
      yield* this.readHead();
      if (isBreak(this.cursor)) throw this.cursor.malformed("a break where a value belongs");
    }
  }

  /** Writes the map whose head was read last; `entry` is asked for each entry, with the cursor before its key. */
  *readMap(entry: (name: string | undefined) => Reading): Reading {
    const readEntry = function* (this: ItemCopier): Reading {
      yield* entry(yield* this.#readName());
    }.bind(this);
    yield* this.readContainer(readEntry);
  }

  /** Writes the list or map whose head was read last; `one` is asked for each item or entry. */
  *readContainer(one: () => Reading): Reading {
    const cursor = this.cursor;
    const isParted = cursor.info === INDEFINITE;
    const expected = cursor.argument;
    this.#copyHead();
    for (let read = 0; isParted || read < expected; read++) {
      yield* this.readHead();
      if (isBreak(cursor)) {
        if (!isParted) throw cursor.malformed("a break where no indefinite item is open");
        this.#copyHead();
        break;
      }
      yield* this.readItemHead();
      yield* one();
    }
  }

  /** The key at the cursor, which does not move; undefined for an unknown name. */
  *#readName(): Reading<string | undefined> {
    const cursor = this.cursor;
    for (;;) {
      yield* this.readHead();
      const { at, major, argument } = cursor;
      if (major !== TEXT || argument > MAX_NAME_BYTES) return undefined;
      const name = readBounded(cursor, undefined);
      cursor.at = at;
      if (name !== NOT_ALL_HERE) return typeof name === "string" && name.length <= MAX_NAME_BYTES ? name : undefined;
      yield;
    }
  }

  *copy(): Reading {
    const cursor = this.cursor;
    this.#skipper.start(1);
    for (;;) {
      const { at } = cursor;
      const isWhole = this.#skipper.run(cursor);
      this.#write(cursor.bytes.subarray(at, cursor.at));
      if (isWhole) return;
      yield;
    }
  }

  /** Passes the item at the cursor and writes a replacement, or nothing. */
  *pass(instead?: Buffer): Reading {
    this.#skipper.start(1);
    while (!this.#skipper.run(this.cursor)) yield;
    if (instead !== undefined) this.#write(instead);
  }

  #copyHead(): void {
    const cursor = this.cursor;
    this.#write(cursor.bytes.subarray(cursor.at, cursor.afterHead));
    cursor.at = cursor.afterHead;
  }
}
