import { shorten } from "./shorten.ts";

/** C0 controls and DEL but not tab, line feed and carriage return. */
// oxlint-disable-next-line no-control-regex -- the expression matches control characters
const UNPRINTABLE = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/g;

const LINE_ENDS = String.raw`\t\n\r`;
/** C1 controls, and characters that change the direction of text. */
const TURNING = String.raw`\x80-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069`;
/**
 * Characters that Unicode lets a font leave out (Default_Ignorable_Code_Point), and others that fonts draw as nothing: the blank of
 * Braille, the marks of ruby text and the joints of hieroglyphs. Two names that differ only in them look the same.
 */
const UNSEEN = String.raw`(?![\u200C\u200D\uFE0E\uFE0F])\p{DI}|[\u2800\uFFF9-\uFFFB\u{13430}-\u{1343F}]`;
/** Persian, Indic scripts and emoji need these between their letters; next to ASCII they only hide something. */
const JOINERS = String.raw`(?<![^\0-\x7F])[\u200C\u200D]|[\u200C\u200D](?![^\0-\x7F])`;
/** These choose between the coloured and the plain form of an emoji or a keycap digit; after anything else they only hide something. */
const SELECTORS = String.raw`(?<!\p{ExtPict})[\uFE0E\uFE0F](?!\u20E3)`;
const HIDDEN = `${UNSEEN}|${JOINERS}|${SELECTORS}`;

const MISLEADING = new RegExp(`[${LINE_ENDS}${TURNING}]|\\p{Surrogate}|${HIDDEN}`, "gu");
/** In a JSON document line ends and tabs are its own; those of texts are escaped already. */
const MISLEADING_IN_JSON = new RegExp(`[\\x7F${TURNING}]|${HIDDEN}`, "gu");

/** Text in which control characters are spelled out (NUL as `[U+0000]`); tabs and line ends stay. */
export function spellControls(text: string): string {
  return text.replace(UNPRINTABLE, spell);
}

/** Text from outside in a form that is safe to show: on one line, without invisible characters, and without effect on the text around it. */
export function visibleText(text: string): string {
  return spellControls(text).replace(MISLEADING, spell);
}

/** Names are kept whole up to 64 KiB, and one of those would fill a page. */
const LONGEST_SHOWN = 160;

/** Text from outside for a page, safe to show and shortened to a readable length; the JSON and the CSVs have the complete text. */
export function shownText(text: string, letters = LONGEST_SHOWN): string {
  // Spelling characters out never makes a text shorter, so the rest would not be shown anyway.
  return shorten(visibleText(text.slice(0, 2 * letters + 2)), letters);
}

/** Text of several lines. All lines but the first are indented, so that a line end in a name cannot start an unindented line. */
export function visibleLines(text: string, indent: string): string {
  return text.split("\n").map(visibleText).join(`\n${indent}`);
}

/** Rewrites JSON with escapes for characters that a terminal would interpret or hide. */
export function visibleJson(json: string): string {
  return json.replace(MISLEADING_IN_JSON, (character) => character.split("").map((unit) => `\\u${hex(unit.charCodeAt(0))}`).join(""));
}

function spell(character: string): string {
  return `[U+${hex(character.codePointAt(0) ?? 0)}]`;
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}
