const SHORT: ReadonlyMap<string, string> = new Map(Object.entries({ b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }));
const HEX_DIGITS = 4;

/** Replaces the escapes of JSON in a text that arrives in pieces; escapes may be divided between pieces. */
export class JsonEscapes {
  /** The characters of an escape that has begun, without its backslash. */
  #escape: string | undefined;

  decode(piece: string): string {
    let decoded = "";
    let done = 0;
    for (let at = 0; at < piece.length; ) {
      if (this.#escape === undefined) {
        const next = piece.indexOf("\\", at);
        if (next < 0) break;
        decoded += piece.slice(done, next);
        this.#escape = "";
        at = next + 1;
      } else {
        decoded += this.#take(piece.charAt(at));
        at++;
      }
      done = at;
    }
    return decoded + piece.slice(done);
  }

  /** Takes a character of the escape; returns what the escape means at its end, before that nothing. */
  #take(character: string): string {
    const escape = (this.#escape ?? "") + character;
    if (escape.startsWith("u") && escape.length <= HEX_DIGITS) {
      this.#escape = escape;
      return "";
    }
    this.#escape = undefined;
    if (!escape.startsWith("u")) return SHORT.get(escape) ?? escape;
    return /^u[0-9a-f]{4}$/i.test(escape) ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape;
  }
}
