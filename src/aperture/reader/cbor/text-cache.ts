/** Logins, models and paths are shorter; a longer text is unlikely to repeat. */
const MOST_WORDS = 32;
const WORD = 4;
/** A power of two. */
const PLACES = 4096;
const NOT_ASCII = 0x80808080 | 0;

/**
 * A cache of repeated texts, found by their bytes: a text is created once, and its hash is already computed for later `Map`
 * lookups. Each slot holds one text; a text with the same slot replaces it.
 * Bytes are compared as words of four; the last word overlaps the one before where the length is not a multiple of four.
 */
export class TextCache {
  readonly #texts: string[] = Array.from({ length: PLACES }, () => "");
  /** For the text in each slot: its length in bytes, 0 where the slot is empty, and the bytes. */
  readonly #lengths = new Uint8Array(PLACES);
  readonly #words = new Int32Array(PLACES * MOST_WORDS);

  /** The text of these bytes; undefined when they are not ASCII, too few or too many. `view`: of `bytes`. */
  find(bytes: Buffer, view: DataView, start: number, length: number): string | undefined {
    if (length < WORD || length > MOST_WORDS * WORD) return undefined;
    const place = placeOf(view, start, length);
    if (this.#lengths[place] === length && this.#isAt(place, view, start, length)) return this.#texts[place];
    if (!isAscii(view, start, length)) return undefined;
    const text = bytes.toString("latin1", start, start + length);
    this.#keep(place, text, view, start, length);
    return text;
  }

  #isAt(place: number, view: DataView, start: number, length: number): boolean {
    const words = this.#words;
    const last = start + length - WORD;
    let word = place * MOST_WORDS;
    for (let at = start; at < last; at += WORD) if (words[word++] !== view.getInt32(at)) return false;
    return words[word] === view.getInt32(last);
  }

  #keep(place: number, text: string, view: DataView, start: number, length: number): void {
    this.#texts[place] = text;
    this.#lengths[place] = length;
    const last = start + length - WORD;
    let word = place * MOST_WORDS;
    for (let at = start; at < last; at += WORD) this.#words[word++] = view.getInt32(at);
    this.#words[word] = view.getInt32(last);
  }
}

/** Beginning, middle and end distinguish most texts; the whole text is compared afterwards. */
function placeOf(view: DataView, start: number, length: number): number {
  const last = length - WORD;
  let hash = Math.imul(view.getInt32(start) ^ length, 0x9e3779b1);
  hash = Math.imul(hash ^ view.getInt32(start + (last >> 1)), 0x85ebca6b);
  hash = Math.imul(hash ^ view.getInt32(start + last), 0xc2b2ae35);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}

function isAscii(view: DataView, start: number, length: number): boolean {
  const last = start + length - WORD;
  let all = view.getInt32(last);
  for (let at = start; at < last; at += WORD) all |= view.getInt32(at);
  return (all & NOT_ASCII) === 0;
}
