/**
 * Finds a login in a text in every spelling: in any letter case, percent-encoded (as UTF-8), escaped as in JSON, in any mixture of these
 * from letter to letter, and encoded up to three times. The text is never decoded as a whole: for each position, all readings that can
 * begin there are tried, so that nothing before the login can hide it, and everything else keeps its characters.
 */

/** Limit of nested encodings: JSON inside JSON inside a parameter of a URL makes three. */
const MOST_LAYERS = 3;

/** The meaning of a part of a text, and its end: a UTF-16 code unit, or a byte of 128 and more as `BYTE` plus the byte. */
interface Reading {
  unit: number;
  end: number;
}

/** A whole character, as a code point. */
interface Character {
  point: number;
  end: number;
}

const BYTE = 0x10000;
/** The character that a byte that is not UTF-8 is decoded to. */
const NO_CHARACTER = 0xfffd;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** JSON's escapes of a backslash and one character. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }).map(([after, meant]): [number, number] => [after.charCodeAt(0), meant.charCodeAt(0)]),
);
/** Number of cached readings; earlier positions are not needed again. */
const MOST_REMEMBERED = 4096;

/** All readings of a text, position by position. */
class EncodedText {
  readonly text: string;
  readonly #known = new Map<number, readonly Reading[]>();

  constructor(text: string) {
    this.text = text;
  }

  /** The characters that may begin at a position, with up to the limit of encodings removed. */
  charactersAt(at: number): Character[] {
    const characters: Character[] = [];
    for (const first of this.#readings(at, MOST_LAYERS)) characters.push(...this.#wholeFrom(first));
    return characters;
  }

  /** The character that begins at a position when everything is decoded. */
  decodedAt(at: number): Character {
    const [first, ...others] = this.charactersAt(at);
    if (first === undefined) return { point: 0, end: at + 1 };
    return others.reduce((furthest, one) => (one.end > furthest.end ? one : furthest), first);
  }

  #readings(at: number, layers: number): readonly Reading[] {
    if (at >= this.text.length) return [];
    const unit = this.text.charCodeAt(at);
    if (layers === 0 || (unit !== PERCENT && unit !== BACKSLASH)) return [{ unit, end: at + 1 }];
    const place = at * (MOST_LAYERS + 1) + layers;
    const known = this.#known.get(place);
    if (known !== undefined) return known;
    const found = this.#readings(at, layers - 1);
    const all = [...found];
    for (const { unit: first, end } of found) {
      if (first === PERCENT) for (const read of this.#hexadecimal(end, 2, layers - 1)) addOnce(all, read.unit < 0x80 ? read.unit : BYTE + read.unit, read.end);
      else if (first === BACKSLASH) this.#addEscaped(all, end, layers - 1);
    }
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(place, all);
    return all;
  }

  /** Adds the meaning of a backslash escape. */
  #addEscaped(all: Reading[], at: number, layers: number): void {
    for (const { unit, end } of this.#readings(at, layers)) {
      if (unit === LETTER_U) for (const read of this.#hexadecimal(end, 4, layers)) addOnce(all, read.unit, read.end);
      const meant = ESCAPES.get(unit);
      if (meant !== undefined) addOnce(all, meant, end);
    }
  }

  #hexadecimal(at: number, digits: number, layers: number): readonly Reading[] {
    let read: Reading[] = [{ unit: 0, end: at }];
    for (let digit = 0; digit < digits && read.length > 0; digit++) {
      const longer: Reading[] = [];
      for (const { unit: before, end } of read) {
        for (const { unit, end: behind } of this.#readings(end, layers)) {
          const value = hexadecimalValue(unit);
          if (value !== undefined) longer.push({ unit: before * 16 + value, end: behind });
        }
      }
      read = longer;
    }
    return read;
  }

  #wholeFrom({ unit, end }: Reading): Character[] {
    const alone = [{ point: unit < BYTE ? unit : NO_CHARACTER, end }];
    if (isHighSurrogate(unit)) {
      const pairs = this.#readings(end, MOST_LAYERS).flatMap((low) => (isLowSurrogate(low.unit) ? [{ point: 0x10000 + ((unit - 0xd800) << 10) + (low.unit - 0xdc00), end: low.end }] : []));
      return pairs.length > 0 ? pairs : alone;
    }
    // Bytes of UTF-8 may also appear as characters of Latin-1, in texts that are not entirely UTF-8.
    const lead = byteOf(unit);
    return lead === undefined ? alone : [...alone, ...this.#sequencesFrom(lead, end)];
  }

  #sequencesFrom(lead: number, at: number): Character[] {
    const more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    if (more === 0) return [];
    let read: Character[] = [{ point: lead & (0x3f >> more), end: at }];
    for (let byte = 0; byte < more; byte++) {
      read = read.flatMap(({ point, end }) =>
        this.#readings(end, MOST_LAYERS).flatMap(({ unit, end: behind }) => {
          const next = byteOf(unit);
          return next === undefined || next >= 0xc0 ? [] : [{ point: (point << 6) | (next & 0x3f), end: behind }];
        }),
      );
    }
    return read.filter(({ point }) => point <= 0x10ffff);
  }
}

function addOnce(readings: Reading[], unit: number, end: number): void {
  if (!readings.some((known) => known.unit === unit && known.end === end)) readings.push({ unit, end });
}

function hexadecimalValue(unit: number): number | undefined {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined;
}

function byteOf(unit: number): number | undefined {
  if (unit >= BYTE) return unit - BYTE;
  return unit >= 0x80 && unit <= 0xff ? unit : undefined;
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

/** The same text for all that differ only in letter case: `ß`, `ẞ` and `SS`, `σ` and `ς`, `k` and the Kelvin sign. */
function fold(character: string): string {
  return character.toLowerCase().toUpperCase().toLowerCase();
}

const FOLDED_ASCII: readonly string[] = Array.from({ length: 0x80 }, (_, point) => fold(String.fromCodePoint(point)));

function foldPoint(point: number): string {
  return FOLDED_ASCII[point] ?? fold(String.fromCodePoint(point));
}

/** Characters that continue a login. Scripts without letter case are excluded, since their words follow each other without spaces. */
const LOGIN_GOES_ON = /[\p{Lu}\p{Ll}\p{Lt}\p{Nd}]/u;

const ASCII_GOES_ON: readonly boolean[] = FOLDED_ASCII.map((character) => LOGIN_GOES_ON.test(character));

function goesOn(point: number): boolean {
  return ASCII_GOES_ON[point] ?? LOGIN_GOES_ON.test(String.fromCodePoint(point));
}

/** A text without any of these has no encoding. */
const MAY_STAND_FOR_ELSE = /[%\\\u0080-\uffff]/;
// oxlint-disable-next-line no-control-regex -- the expression is the range of ASCII
const IS_ASCII = /^[\x00-\x7f]*$/;

/**
 * Replaces the login in a text by the pseudonym. A letter or digit directly before or after it makes it part of a longer login, which is
 * kept: `ann@x.com` is not in `joann@x.com`, nor in `ann@x.community`. Everything else separates, `.` `-` `_` `+` too: it is safer to
 * replace one login too many than one too few. Takes linear time for any text.
 */
export function loginReplacer(login: string, pseudonym: string): (text: string) => string {
  const folded = Array.from(login, fold).join("");
  const plain = IS_ASCII.test(folded) ? new RegExp(`(?<![A-Za-z0-9])${escapePattern(folded)}(?![A-Za-z0-9])`, "gi") : undefined;
  return (text) => {
    if (folded === "") return text;
    if (MAY_STAND_FOR_ELSE.test(text)) return replaceEncoded(text, folded, pseudonym);
    return plain === undefined ? text : text.replace(plain, () => pseudonym);
  };
}

/**
 * Replaces many logins at once. Where one login contains another, the longest is replaced first. Text without any encoding is searched once.
 * @param pseudonyms by login
 */
export function loginsReplacer(pseudonyms: ReadonlyMap<string, string>): (text: string) => string {
  const logins = [...pseudonyms].filter(([login]) => login !== "").toSorted(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
  if (logins.length === 0) return (text) => text;
  const byFolded = new Map(logins.map(([login, pseudonym]) => [Array.from(login, fold).join(""), pseudonym]));
  const plain = new RegExp(`(?<![A-Za-z0-9])(?:${[...byFolded.keys()].filter((folded) => IS_ASCII.test(folded)).map(escapePattern).join("|")})(?![A-Za-z0-9])`, "gi");
  const replacers = logins.map(([login, pseudonym]) => loginReplacer(login, pseudonym));
  return (text) => {
    if (MAY_STAND_FOR_ELSE.test(text)) return replacers.reduce((replaced, replace) => replace(replaced), text);
    return text.replace(plain, (found) => byFolded.get(Array.from(found, fold).join("")) ?? found);
  };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function replaceEncoded(text: string, folded: string, pseudonym: string): string {
  const encoded = new EncodedText(text);
  const first = folded.charCodeAt(0);
  const other = folded[0]?.toUpperCase().charCodeAt(0);
  let replaced = "";
  let done = 0;
  /** Where the next decoded character begins, and whether the one before it is part of a login. */
  let boundary = 0;
  let follows = false;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === BACKSLASH && first !== BACKSLASH) {
      const last = endOfRun(text, at) - MOST_BACKSLASHES;
      if (last > at) [at, boundary, follows] = [last, last, false];
    }
    const isPlain = unit < 0x80 && unit !== PERCENT && unit !== BACKSLASH;
    const mayBegin: boolean = (isPlain ? unit === first || unit === other : true) && !(at === boundary && follows);
    const end: number | undefined = mayBegin ? endOfLogin(encoded, at, folded) : undefined;
    if (end !== undefined) {
      replaced += text.slice(done, at) + pseudonym;
      [at, done, boundary, follows] = [end, end, end, false];
      continue;
    }
    if (at === boundary) {
      const { point, end: behind } = isPlain ? { point: unit, end: at + 1 } : encoded.decodedAt(at);
      [boundary, follows] = [behind, goesOn(point)];
    }
    at++;
  }
  return done === 0 ? text : replaced + text.slice(done);
}

/** The longest encoding of one character. */
const MOST_BACKSLASHES = 2 ** MOST_LAYERS;

function endOfRun(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) === BACKSLASH) end++;
  return end;
}

/** The end of a login that begins at a position; undefined where no login begins, or where a longer one continues. */
function endOfLogin(encoded: EncodedText, at: number, folded: string): number | undefined {
  if (!encoded.charactersAt(at).some(({ point }) => folded.startsWith(foldPoint(point)))) return undefined;
  /** Possible ends in the text, by the number of matched characters of the login. */
  const reached = new Map<number, Set<number>>([[0, new Set([at])]]);
  for (let matched = 0; matched < folded.length; matched++) {
    for (const place of reached.get(matched) ?? []) {
      for (const { point, end } of encoded.charactersAt(place)) {
        const character = foldPoint(point);
        if (!folded.startsWith(character, matched)) continue;
        const ends = reached.get(matched + character.length);
        if (ends === undefined) reached.set(matched + character.length, new Set([end]));
        else ends.add(end);
      }
    }
    reached.delete(matched);
    if (reached.size === 0) return undefined;
  }
  const ends = [...(reached.get(folded.length) ?? [])].filter((end) => end === encoded.text.length || !goesOn(encoded.decodedAt(end).point));
  return ends.length === 0 ? undefined : Math.max(...ends);
}
