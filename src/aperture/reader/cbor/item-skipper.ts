import { type CborCursor, isBreak } from "./cbor-cursor.ts";
import { ARRAY, BYTES, INDEFINITE, MAP, TAG, TEXT } from "./cbor-head.ts";
import { DamageFound } from "../damage.ts";
import { endOfPlainItem } from "./plain-item.ts";

/** What an indefinite container waits for, stored instead of a count of remaining items. */
const ANY_ITEM = -1;
const MAP_KEY = -2;
const MAP_VALUE = -3;
const TEXT_PART = -4;
const BYTES_PART = -5;

/**
 * Deepest nesting that can be skipped. Only containers with further items after the nested one count, so JSON bodies
 * stay far below, and a maliciously deep item takes at most 8 MB.
 */
const MAX_DEPTH = 1_000_000;

/** Skips whole CBOR items of any size and depth, without recursion, across buffer boundaries. */
export class ItemSkipper {
  /** For each open container: its remaining items, or what an indefinite one waits for. */
  #open = new Float64Array(64);
  #depth = 0;
  /** Remaining bytes of a string to skip. */
  #payload = 0;

  /** Begins to skip the next `items` items. */
  start(items: number): void {
    this.#depth = 0;
    this.#payload = 0;
    this.#push(items);
  }

  /** Moves the cursor as far as the buffered bytes allow; true when the items have been passed. */
  run(cursor: CborCursor): boolean {
    for (;;) {
      if (this.#payload > 0 && !this.#skipPayload(cursor)) return false;
      this.#skipPlainItems(cursor);
      while (this.#depth > 0 && this.#open[this.#depth - 1] === 0) this.#depth--;
      if (this.#depth === 0) return true;
      if (!cursor.readHead()) return false;
      if (isBreak(cursor)) this.#closeIndefinite(cursor);
      else this.#enter(cursor);
      cursor.at = cursor.afterHead;
    }
  }

  /** Opens a container with a known number of items. */
  #skipPlainItems(cursor: CborCursor): void {
    const { bytes, view } = cursor;
    const top = this.#depth - 1;
    let expected = this.#open[top] ?? 0;
    while (expected > 0) {
      const next = endOfPlainItem(view, cursor.at, bytes.length);
      if (next === 0) break;
      cursor.at = next;
      expected--;
    }
    this.#open[top] = expected;
  }

  #skipPayload(cursor: CborCursor): boolean {
    const skipped = Math.min(this.#payload, cursor.bytes.length - cursor.at);
    cursor.at += skipped;
    this.#payload -= skipped;
    return this.#payload === 0;
  }

  #closeIndefinite(cursor: CborCursor): void {
    const waitsFor = this.#open[this.#depth - 1] ?? 0;
    if (waitsFor >= 0) throw cursor.malformed("a break where no indefinite item is open");
    if (waitsFor === MAP_VALUE) throw cursor.malformed("a map ends between key and value");
    this.#depth--;
  }

  #enter(cursor: CborCursor): void {
    if (this.#depth >= MAX_DEPTH) {
      throw new DamageFound("cbor_too_deep", cursor.offset, `an item is nested more than ${MAX_DEPTH} deep`);
    }
    this.#countItem(cursor);
    const { major, info, argument } = cursor;
    if (major === TAG) this.#push(1);
    else if (major === BYTES || major === TEXT) {
      if (info === INDEFINITE) this.#push(major === TEXT ? TEXT_PART : BYTES_PART);
      else this.#payload = argument;
    } else if (major === ARRAY) this.#push(info === INDEFINITE ? ANY_ITEM : argument);
    else if (major === MAP) this.#push(info === INDEFINITE ? MAP_KEY : argument * 2);
  }

  /** Counts the item whose head was read as one of its container's. */
  #countItem(cursor: CborCursor): void {
    const top = this.#depth - 1;
    const expected = this.#open[top] ?? 0;
    if (expected > 0) this.#open[top] = expected - 1;
    else if (expected === MAP_KEY) this.#open[top] = MAP_VALUE;
    else if (expected === MAP_VALUE) this.#open[top] = MAP_KEY;
    else if (expected === TEXT_PART || expected === BYTES_PART) {
      const fits = cursor.major === (expected === TEXT_PART ? TEXT : BYTES) && cursor.info !== INDEFINITE;
      if (!fits) throw cursor.malformed("an indefinite string has a part of another type");
    }
  }

  #push(expected: number): void {
    while (this.#depth > 0 && this.#open[this.#depth - 1] === 0) this.#depth--;
    if (this.#depth === this.#open.length) {
      const larger = new Float64Array(this.#open.length * 4);
      larger.set(this.#open);
      this.#open = larger;
    }
    this.#open[this.#depth++] = expected;
  }
}
