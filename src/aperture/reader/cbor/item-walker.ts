import { CborCursor, isBreak } from "./cbor-cursor.ts";
import { ARRAY, BYTES, FIRST_WIDTH, INDEFINITE, MAP, SIMPLE, TAG, TEXT, UNSIGNED } from "./cbor-head.ts";
import { decodeAny, readSimple } from "./cbor-value.ts";
import { ItemSkipper } from "./item-skipper.ts";
import { StringPieces } from "./string-pieces.ts";

/** Receives the parts of an item in order. Strings arrive in pieces that are valid until the call returns. */
export interface ItemVisitor {
  open(container: "map" | "list"): void;
  close(): void;
  /** Empty for a key that is not a text, or is too long for a name. */
  key(name: string): void;
  beginString(type: "text" | "bytes"): void;
  piece(bytes: Buffer): void;
  endString(): void;
  /** A number, a boolean or null, as JSON writes it. */
  scalar(text: string): void;
}

/** An open container is represented by the number of its remaining items; indefinite ones wait for a break. */
const ANY_ITEM = -1;
const MAP_KEY = -2;
const MAP_VALUE = -3;
const LONGEST_KEY = 256;

/** Walks over one CBOR item while its bytes arrive, in constant memory except for the depth of the item. Tags are passed. */
export class ItemWalker {
  readonly #cursor = new CborCursor();
  readonly #visitor: ItemVisitor;
  readonly #strings = new StringPieces();
  readonly #keys = new ItemSkipper();
  #doing: "items" | "string" | "key" | "nothing" = "items";
  #open: number[] = [];
  /** Whether each open container is a map, whose keys and values alternate. */
  #maps: boolean[] = [];

  constructor(visitor: ItemVisitor) {
    this.#visitor = visitor;
  }

  /** The caller may reuse the memory when this returns. Throws `DamageFound` for bytes that are not CBOR. */
  push(bytes: Buffer): void {
    this.#cursor.append(bytes);
    while (this.#step());
    this.#cursor.keepRest();
  }

  /** Takes one step; false when that needs more bytes, or at the end of the item. */
  #step(): boolean {
    const cursor = this.#cursor;
    switch (this.#doing) {
      case "nothing":
        return false;
      case "string":
        if (!this.#strings.run(cursor, (bytes) => this.#visitor.piece(bytes))) return false;
        this.#visitor.endString();
        return this.#endItem();
      case "key":
        if (!this.#keys.run(cursor)) return false;
        this.#visitor.key("");
        this.#doing = "items";
        return true;
      case "items":
        return cursor.readHead() && this.#enter();
      default:
        return this.#doing satisfies never;
    }
  }

  #enter(): boolean {
    const cursor = this.#cursor;
    if (isBreak(cursor)) {
      cursor.at = cursor.afterHead;
      if ((this.#open.at(-1) ?? 0) >= 0) throw cursor.malformed("a break where no indefinite item is open");
      this.#close();
      return this.#endItem();
    }
    if (this.#isKeyNext()) return this.#readKey();
    const { major, info, argument } = cursor;
    switch (major) {
      case TAG:
        cursor.at = cursor.afterHead;
        return true;
      case TEXT:
      case BYTES:
        this.#strings.start(cursor);
        this.#visitor.beginString(major === TEXT ? "text" : "bytes");
        this.#doing = "string";
        return true;
      case ARRAY:
      case MAP:
        return this.#openContainer(major === MAP, info === INDEFINITE ? undefined : argument);
      default:
        this.#visitor.scalar(this.#readScalar());
        return this.#endItem();
    }
  }

  #openContainer(isMap: boolean, items: number | undefined): boolean {
    this.#cursor.at = this.#cursor.afterHead;
    this.#visitor.open(isMap ? "map" : "list");
    this.#open.push(items === undefined ? (isMap ? MAP_KEY : ANY_ITEM) : isMap ? items * 2 : items);
    this.#maps.push(isMap);
    if (items !== 0) return true;
    this.#close();
    return this.#endItem();
  }

  #close(): void {
    this.#open.pop();
    this.#maps.pop();
    this.#visitor.close();
  }

  /** Counts an item that has ended, and closes the containers that it completes: without recursion, since they may be a million. */
  #endItem(): boolean {
    this.#doing = "items";
    for (;;) {
      const top = this.#open.length - 1;
      const expected = this.#open[top];
      if (expected === undefined) {
        this.#doing = "nothing";
        return false;
      }
      if (expected === MAP_VALUE) this.#open[top] = MAP_KEY;
      if (expected <= 0) return true;
      this.#open[top] = expected - 1;
      if (expected > 1) return true;
      this.#close();
    }
  }

  #isKeyNext(): boolean {
    const top = this.#open.length - 1;
    const expected = this.#open[top] ?? 0;
    return expected === MAP_KEY || (this.#maps[top] === true && expected > 0 && expected % 2 === 0);
  }

  #readKey(): boolean {
    const cursor = this.#cursor;
    const { major, info, argument, afterHead, bytes } = cursor;
    const isName = major === TEXT && info !== INDEFINITE && argument <= LONGEST_KEY;
    if (isName && afterHead + argument > bytes.length) return false;
    const top = this.#open.length - 1;
    const expected = this.#open[top] ?? 0;
    this.#open[top] = expected === MAP_KEY ? MAP_VALUE : expected - 1;
    if (!isName) {
      this.#keys.start(1);
      this.#doing = "key";
      return true;
    }
    const name = decodeAny(bytes, afterHead, afterHead + argument);
    cursor.at = afterHead + argument;
    this.#visitor.key(typeof name === "string" ? name : name.text);
    return true;
  }

  #readScalar(): string {
    const cursor = this.#cursor;
    if (cursor.major === SIMPLE) {
      const value = readSimple(cursor);
      return typeof value === "number" || typeof value === "boolean" ? String(value) : "null";
    }
    const argument = cursor.info > FIRST_WIDTH + 2 ? cursor.exactArgument() : BigInt(cursor.argument);
    cursor.at = cursor.afterHead;
    return String(cursor.major === UNSIGNED ? argument : -1n - argument);
  }
}
