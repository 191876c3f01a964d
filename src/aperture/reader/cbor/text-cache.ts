/** Logins, models, paths and the like are shorter; what is longer is not likely to come again. */
const MOST_WORDS = 32;
const WORD = 4;
/** A power of two. */
const PLACES = 4096;
const NOT_ASCII = 0x80808080 | 0;

/**
 * Texts that come again and again, found by their bytes: the same text is made once, and whoever looks it up in a
 * `Map` later finds its hash computed. One text a place; another of the same place takes it over.
 * Bytes are taken four at a time; the last four overlap the ones before where a text is no multiple of four long.
 */
export class TextCache {
  readonly #texts: string[] = Array.from({ length: PLACES }, () => "");
  /** Of the text at each place: its length in bytes, 0 where there is none, and the bytes themselves. */
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

/** Beginning, middle and end tell most texts of one kind apart; the whole is compared afterwards. */
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
