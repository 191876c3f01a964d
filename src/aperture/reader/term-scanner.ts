import { MOST_TERM_BYTES, placeWithin, StatedTerms, termAt, type TermPlace } from "./answer-terms.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Number of nested maps that can contain terms. Deeper maps are only counted. */
const DEEPEST_PLACE = 3;

/**
 * Finds the terms in an answer as it went over the wire: JSON, or a stream of server-sent events with JSON in their `data`. It accepts bytes in
 * pieces of any size, keeps only a few of them, and never fails: in any other bytes it finds no terms. A text of the conversation cannot look like a
 * term, since quotes inside a text are escaped.
 */
export class TermScanner {
  readonly stated = new StatedTerms();
  /** Open maps and lists. */
  #depth = 0;
  /** The places of the outermost maps; undefined for lists, and for maps that cannot contain terms. */
  readonly #places: (TermPlace | undefined)[] = [];
  /** Whether the innermost open container is a map whose next text is a key. Only known inside the outermost maps. */
  #isKey = false;
  /** The key whose value comes next. */
  #key = "";
  #inText = false;
  #isEscaped = false;
  /** The beginning of the text that is being read, if it may be a key or a term. */
  #text = "";
  /** Whether the answer is a stream of events, which end with an empty line; undefined before the first byte that is not white space. */
  #isStream: boolean | undefined;
  #atLineStart = false;

  push(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < buffer.length; ) at = this.#inText ? this.#readText(buffer, at) : this.#readSign(buffer, at);
  }

  #readSign(buffer: Buffer, at: number): number {
    const byte = buffer[at] ?? 0;
    if (byte === LINE_FEED) {
      // Containers that an incomplete event left open end with the event.
      if (this.#atLineStart && this.#isStream === true) this.#depth = 0;
      this.#atLineStart = true;
      return at + 1;
    }
    if (byte <= SPACE) return at + 1;
    this.#atLineStart = false;
    this.#isStream ??= byte !== OPEN_MAP && byte !== OPEN_LIST;
    switch (byte) {
      case QUOTE:
        if (this.#depth > 0) this.#beginText();
        break;
      case OPEN_MAP:
      case OPEN_LIST:
        this.#open(byte === OPEN_MAP);
        break;
      case CLOSE_MAP:
      case CLOSE_LIST:
        if (this.#depth > 0) this.#depth--;
        this.#isKey = false;
        break;
      case COLON:
        this.#isKey = false;
        break;
      case COMMA:
        this.#isKey = this.#place() !== undefined;
        break;
      default:
    }
    return at + 1;
  }

  #place(): TermPlace | undefined {
    return this.#depth <= DEEPEST_PLACE ? this.#places[this.#depth - 1] : undefined;
  }

  #open(isMap: boolean): void {
    const outer = this.#place();
    const place = !isMap ? undefined : this.#depth === 0 ? "answer" : outer && placeWithin(outer, this.#key);
    this.#depth++;
    if (this.#depth <= DEEPEST_PLACE) this.#places[this.#depth - 1] = place;
    this.#isKey = this.#place() !== undefined;
    this.#key = "";
  }

  #beginText(): void {
    this.#inText = true;
    this.#isEscaped = false;
    this.#text = "";
  }

  /** Reads to the end of the text, or to the end of the piece. */
  #readText(buffer: Buffer, start: number): number {
    const isWanted = this.#place() !== undefined;
    for (let at = start; at < buffer.length; at++) {
      const byte = buffer[at];
      if (this.#isEscaped) {
        this.#isEscaped = false;
        continue;
      }
      if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE || byte === LINE_FEED) {
        if (isWanted) this.#keep(buffer, start, at);
        this.#endText();
        // A text in JSON cannot contain a line end, so this text is incomplete.
        return byte === QUOTE ? at + 1 : at;
      }
    }
    if (isWanted) this.#keep(buffer, start, buffer.length);
    return buffer.length;
  }

  /** Keeps one byte more than the longest term has: enough to see that a text is not a term. */
  #keep(buffer: Buffer, start: number, end: number): void {
    const room = MOST_TERM_BYTES + 1 - this.#text.length;
    if (room > 0) this.#text += buffer.toString("latin1", start, Math.min(end, start + room));
  }

  #endText(): void {
    this.#inText = false;
    const place = this.#place();
    if (place === undefined) return;
    if (this.#isKey) {
      this.#key = this.#text;
      return;
    }
    const term = termAt(place, this.#key);
    if (term !== undefined) this.stated.state(place, term, this.#text);
    this.#key = "";
  }
}
