/**
 * Folds the case of a login for comparison. Two letters outside ASCII keep their case because their lower case is an ASCII letter (the
 * Kelvin sign, the dotted capital I): folding them could make two people's logins equal.
 */
export function foldLogin(login: string): string {
  return login.replace(/[^\u{212A}\u{130}]+/gu, (text) => text.toLowerCase());
}

const ENCODED_WORD = /=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=/giy;

/**
 * The text of a header that Tailscale encodes by RFC 2047 if it is not ASCII: `=?utf-8?q?…?=`, or several such words for a long text. A
 * value that does not begin with such a word is returned as it is. Undefined if a word cannot be decoded.
 */
export function decodeHeader(value: string): string | undefined {
  if (!value.startsWith("=?")) return value;
  let text = "";
  let end = 0;
  while (end < value.length) {
    ENCODED_WORD.lastIndex = end;
    const word = ENCODED_WORD.exec(value);
    if (word === null) return undefined;
    const decoded = decodeWord(word[1] ?? "", word[2] ?? "", word[3] ?? "");
    if (decoded === undefined) return undefined;
    text += decoded;
    end = ENCODED_WORD.lastIndex;
    // White space between two encoded words is not part of the text.
    while (value[end] === " " || value[end] === "\t") end++;
  }
  return text;
}

function decodeWord(charset: string, encoding: string, text: string): string | undefined {
  const bytes = encoding.toLowerCase() === "b" ? Buffer.from(text, "base64") : decodeQ(text);
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeQ(text: string): Buffer {
  const plain = text.replaceAll("_", " ").replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}
