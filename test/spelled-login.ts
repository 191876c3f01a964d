import fc from "fast-check";

/** An encoding of a whole text, of every character or of those that have to be. */
type Encoding = (text: string) => string;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
const percent = (character: string): string => [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join("");
const escape = (character: string): string => Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join("");

/** As programs write texts into URLs and JSON; hexadecimal digits in small letters. */
const ENCODINGS: readonly Encoding[] = [
  encodeURIComponent,
  (text) => Array.from(text, percent).join(""),
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  (text) => Array.from(text, escape).join(""),
  (text) => text.replaceAll(/[^ -~]|[@+&<>']/gu, escape),
];

/** Hexadecimal digits of escapes may be capitals. */
function withCapitals(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}|\\u[0-9a-f]{4}/g, (sequence) => sequence.toUpperCase().replace("\\U", "\\u"));
}

const layers = fc.array(fc.nat({ max: ENCODINGS.length - 1 }), { maxLength: 3 });

/** One character in either case, encoded up to three times. */
function spelledCharacter(character: string): fc.Arbitrary<string> {
  return fc.tuple(fc.boolean(), layers, fc.boolean()).map(([capital, encodings, capitals]) => {
    const cased = capital ? character.toUpperCase() : character.toLowerCase();
    const encoded = encodings.reduce((text, index) => (ENCODINGS[index] ?? encodeURIComponent)(text), cased);
    return capitals ? withCapitals(encoded) : encoded;
  });
}

/** A text in which every character is spelled in its own way. */
export function spelled(text: string): fc.Arbitrary<string> {
  return fc.tuple(...Array.from(text, spelledCharacter)).map((parts) => parts.join(""));
}

/** All that a text may be after so many layers of encoding are taken off as a whole, as programs do. */
export function decodedForms(text: string): string[] {
  let forms = [text];
  for (let layer = 0; layer < 3; layer++) {
    forms = [...new Set(forms.flatMap((form) => [form, unescaped(form), unpercented(form)]))];
  }
  return forms;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))).replaceAll(/\\(["\\/])/g, "$1");
}

function unpercented(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (sequence) => Buffer.from(sequence.replaceAll("%", ""), "hex").toString("utf8"));
}
