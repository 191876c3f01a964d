import { StringDecoder } from "node:string_decoder";
import type { TokenVisitor } from "./conversation.ts";
import { JsonEscapes } from "./json-escapes.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const SPACE = 0x20;
const LONGEST_KEY = 256;
const LONGEST_SCALAR = 64;
/** Deeper containers are passed without being told. */
const MOST_DEPTH = 10_000;

/**
 * Reads JSON that arrives in pieces of any size, in constant memory except for its depth. It never fails: JSON that is cut off ends where it is cut
 * off, and other bytes give tokens without a meaning.
 */
export class JsonTokens {
  readonly #visitor: TokenVisitor;
  readonly #decoder = new StringDecoder("utf8");
  #escapes = new JsonEscapes();
  /** Whether each open container is a map. */
  readonly #maps: boolean[] = [];
  #deeper = 0;
  #isKeyNext = false;
  #inString = false;
  #afterBackslash = false;
  /** The key or the scalar that is being read. */
  #key: string | undefined;
  #scalar = "";

  constructor(visitor: TokenVisitor) {
    this.#visitor = visitor;
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at = this.#inString ? this.#readString(bytes, at) : this.#readSign(bytes[at] ?? 0, at);
  }

  /** Ends everything that is open, so that another document may follow. */
  finish(): void {
    if (this.#inString) this.#endString();
    this.#endScalar();
    this.#deeper = 0;
    while (this.#maps.length > 0) this.#close();
  }

  #readSign(byte: number, at: number): number {
    if (byte > SPACE && byte !== QUOTE && byte !== COLON && byte !== COMMA && !isBracket(byte)) {
      if (this.#scalar.length < LONGEST_SCALAR) this.#scalar += String.fromCharCode(byte);
      return at + 1;
    }
    this.#endScalar();
    if (byte === QUOTE) this.#beginString();
    else if (byte === OPEN_MAP || byte === OPEN_LIST) this.#open(byte === OPEN_MAP);
    else if (byte === CLOSE_MAP || byte === CLOSE_LIST) this.#close();
    else if (byte === COMMA) this.#isKeyNext = this.#maps.at(-1) === true;
    return at + 1;
  }

  #endScalar(): void {
    if (this.#scalar === "") return;
    if (this.#deeper === 0 && !this.#isKeyNext) this.#visitor.scalar(this.#scalar);
    this.#scalar = "";
  }

  #open(isMap: boolean): void {
    if (this.#maps.length === MOST_DEPTH) {
      this.#deeper++;
      return;
    }
    this.#maps.push(isMap);
    this.#isKeyNext = isMap;
    this.#visitor.open(isMap ? "map" : "list");
  }

  #close(): void {
    if (this.#deeper > 0) this.#deeper--;
    else if (this.#maps.pop() !== undefined) this.#visitor.close();
    this.#isKeyNext = false;
  }

  #beginString(): void {
    this.#inString = true;
    this.#escapes = new JsonEscapes();
    this.#key = this.#isKeyNext ? "" : undefined;
    if (this.#key === undefined && this.#deeper === 0) this.#visitor.beginText();
  }

  #readString(bytes: Buffer, start: number): number {
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.#afterBackslash) this.#afterBackslash = false;
      else if (byte === BACKSLASH) this.#afterBackslash = true;
      else if (byte === QUOTE || byte === LINE_FEED) {
        this.#keep(this.#decoder.write(bytes.subarray(start, at)));
        this.#endString();
        return at + 1;
      }
    }
    this.#keep(this.#decoder.write(bytes.subarray(start)));
    return bytes.length;
  }

  #keep(text: string): void {
    if (text === "") return;
    const decoded = this.#escapes.decode(text);
    if (this.#key !== undefined) this.#key = this.#key.length > LONGEST_KEY ? this.#key : this.#key + decoded;
    else if (this.#deeper === 0 && decoded !== "") this.#visitor.piece(decoded);
  }

  #endString(): void {
    this.#keep(this.#decoder.end());
    this.#inString = false;
    this.#afterBackslash = false;
    if (this.#deeper > 0) return;
    if (this.#key === undefined) this.#visitor.endText();
    else this.#visitor.key(this.#key.length > LONGEST_KEY ? "" : this.#key);
    this.#isKeyNext = false;
  }
}

function isBracket(byte: number): boolean {
  return byte === OPEN_MAP || byte === CLOSE_MAP || byte === OPEN_LIST || byte === CLOSE_LIST;
}
