import { type CborCursor, isBreak } from "../reader/cbor/cbor-cursor.ts";
import { ARRAY, BYTES, INDEFINITE, MAP, TAG, TEXT } from "../reader/cbor/cbor-head.ts";
import { ItemSkipper } from "../reader/cbor/item-skipper.ts";
import { type Replacing, StringRedactor } from "./string-redactor.ts";

/** An open container is represented by the number of its remaining items; indefinite ones have no number and wait for a break. */
const ANY_ITEM = -1;
const MAP_KEY = -2;
const MAP_VALUE = -3;

/**
 * Copies one CBOR item and redacts every text and byte string in it. Keys of maps are copied unchanged, unless they have a redactor.
 * Works without recursion; memory grows only with the depth of the item.
 */
export class ItemRedactor {
  readonly #values: StringRedactor;
  readonly #textKeys: StringRedactor | undefined;
  /** The redactor of the current string. */
  #strings: StringRedactor;
  readonly #keys = new ItemSkipper();
  readonly #write: (bytes: Buffer) => void;
  #open: number[] = [];
  /** Whether each open container is a map, whose keys and values alternate. */
  #maps: boolean[] = [];
  #doing: "items" | "key" | "string" = "items";

  /** @param values redacts texts. @param keys redacts texts that are keys of maps. */
  constructor(values: Replacing, keys?: Replacing) {
    this.#values = new StringRedactor(values);
    this.#textKeys = keys && new StringRedactor(keys);
    this.#strings = this.#values;
    this.#write = values.write;
  }

  start(): void {
    this.#open = [1];
    this.#maps = [false];
    this.#doing = "items";
  }

  /** Moves the cursor as far as the buffered bytes allow; true when the item has been passed. */
  run(cursor: CborCursor): boolean {
    for (;;) {
      if (this.#doing === "key" && !this.#copyKey(cursor)) return false;
      if (this.#doing === "string" && !this.#strings.run(cursor)) return false;
      this.#doing = "items";
      this.#closeWhole();
      if (this.#open.length === 0) return true;
      if (!cursor.readHead()) return false;
      if (isBreak(cursor)) this.#closeIndefinite(cursor);
      else this.#enter(cursor);
    }
  }

  #copyKey(cursor: CborCursor): boolean {
    const { at } = cursor;
    const isWhole = this.#keys.run(cursor);
    this.#write(cursor.bytes.subarray(at, cursor.at));
    return isWhole;
  }

  #closeWhole(): void {
    while (this.#open.at(-1) === 0) {
      this.#open.pop();
      this.#maps.pop();
    }
  }

  #closeIndefinite(cursor: CborCursor): void {
    const waitsFor = this.#open.at(-1) ?? 0;
    if (waitsFor >= 0) throw cursor.malformed("a break where no indefinite item is open");
    if (waitsFor === MAP_VALUE) throw cursor.malformed("a map ends between key and value");
    this.#open.pop();
    this.#maps.pop();
    this.#copyHead(cursor);
  }

  #enter(cursor: CborCursor): void {
    const { major, info, argument } = cursor;
    const isText = major === TEXT || major === BYTES;
    const isKey = this.#countItem() === "key";
    if (isKey && !(isText && this.#textKeys !== undefined)) {
      this.#keys.start(1);
      this.#doing = "key";
      return;
    }
    if (isText) {
      this.#strings = (isKey ? this.#textKeys : undefined) ?? this.#values;
      this.#strings.start(cursor);
      this.#doing = "string";
      return;
    }
    this.#copyHead(cursor);
    if (major === TAG) this.#push(1, false);
    else if (major === ARRAY) this.#push(info === INDEFINITE ? ANY_ITEM : argument, false);
    else if (major === MAP) this.#push(info === INDEFINITE ? MAP_KEY : argument * 2, true);
  }

  /** Counts an item of its container, and returns its role there. */
  #countItem(): "key" | "value" {
    const top = this.#open.length - 1;
    const expected = this.#open[top] ?? 0;
    if (expected > 0) this.#open[top] = expected - 1;
    else if (expected === MAP_KEY) this.#open[top] = MAP_VALUE;
    else if (expected === MAP_VALUE) this.#open[top] = MAP_KEY;
    const isKey = expected === MAP_KEY || (this.#maps[top] === true && expected > 0 && expected % 2 === 0);
    return isKey ? "key" : "value";
  }

  #push(expected: number, isMap: boolean): void {
    this.#closeWhole();
    this.#open.push(expected);
    this.#maps.push(isMap);
  }

  #copyHead(cursor: CborCursor): void {
    this.#write(cursor.bytes.subarray(cursor.at, cursor.afterHead));
    cursor.at = cursor.afterHead;
  }
}
